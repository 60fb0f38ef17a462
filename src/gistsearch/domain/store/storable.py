"""The gists of a source as far as the store would keep them: nothing else is worth downloading to fill the store."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentTooLarge, GistFile, GistSource, ListingPage, MalformedRecord


class StorableGists(GistSource):
    """Refuses to open files whose content the store does not keep."""

    def __init__(self, source: GistSource, max_file_bytes: int) -> None:
        """
        Args:
            source: where the gists come from.
            max_file_bytes: larger files are not kept.
        """
        self._source = source
        self._max_file_bytes = max_file_bytes

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        return self._source.list_pages(username, deadline, known)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        if file.size_bytes is None or file.blob_id is None:
            raise MalformedRecord("the listing gives no size and no blob id with which its content could be verified")
        if file.size_bytes > self._max_file_bytes:
            raise ContentTooLarge(
                f"it has {file.size_bytes:,} bytes, and the store keeps files of at most {self._max_file_bytes:,}"
            )
        yield from self._source.open_file(file, deadline)
