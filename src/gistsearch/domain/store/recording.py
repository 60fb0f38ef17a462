"""Content that is kept while it is searched."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress

from gistsearch.domain.matching.decoding import decoded
from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import GistFile, SourceError

MAX_REST_BYTES = 1 << 20
"""The most that is downloaded only to be kept."""


class Recorder:
    """Records the content of one file on its way from the source to the search."""

    def __init__(self, file: GistFile, max_bytes: int) -> None:
        """
        Args:
            file: as the source listed it.
            max_bytes: the longest content to record.
        """
        self._file = file
        self._chunks: list[bytes] = []
        self._is_wanted = file.blob_id is not None and file.size_bytes is not None and file.size_bytes <= max_bytes

    def record(self, chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
        """Yield the chunks."""
        for chunk in chunks:
            if self._is_wanted:
                self._chunks.append(chunk)
            yield chunk

    @property
    def lacks_rest(self) -> bool:
        """Whether the search did not need the rest of the content, but it is short enough to be downloaded.

        Else each later search would download the beginning again.
        """
        rest = (self._file.size_bytes or 0) - sum(map(len, self._chunks))
        return self._is_wanted and 0 < rest <= MAX_REST_BYTES

    def read_on(self, chunks: Iterator[bytes]) -> int:
        """Record the rest of the content, and return its length. If that fails, it is just not kept."""
        before = sum(map(len, self._chunks))
        with suppress(SourceError, DeadlineExceeded):
            self._chunks += chunks
        return sum(map(len, self._chunks)) - before

    def text(self) -> bytes | None:
        """Return the searchable text of the content, or None unless all of it was recorded and is what was listed.

        The source verifies the content as well, but only once it has read all of it, and a mistake would stay in the
        store for years.
        """
        if not self._is_wanted:
            return None
        content = b"".join(self._chunks)
        if len(content) != self._file.size_bytes or blob_id_of(content) != self._file.blob_id:
            return None
        return decoded(content)
