"""The search through one file's content: chunks in, matching lines out, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator

from attrs import frozen

from gistsearch.domain.matching.binary import HEAD_BYTES
from gistsearch.domain.matching.decoding import DecodedText, Decoder, TextDecoder
from gistsearch.domain.matching.line_search import LineSearch, TextSearch
from gistsearch.domain.matching.lines import LineMatch
from gistsearch.domain.matching.match_search import MatchSearch
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.matching.windows import LineWindows, OverlappingWindows, Window, Windows
from gistsearch.domain.query import Detail, SearchQuery

PART_LINES = 250
"""Lines in a part, context included. So memory does not grow with the number of matches."""
STEP_S = 0.1
"""Seconds after which a step ends without a result, so that no large file keeps a thread to its end."""


@frozen
class Part:
    """What one step of a file's search found."""

    lines: tuple[LineMatch, ...]
    """Of a binary file, only those that `HEAD_BYTES` describes, unless the query asks for `text`."""
    line_count: int
    """Matching lines seen in this step, reported or not; with `multiline`, matches."""
    match_count: int
    """Matches seen in this step, with `Detail.MATCHES` and `Detail.MATCH_COUNTS`, else 0."""
    binary: bool
    """Whether a NUL byte has been seen so far, if lines are to be reported."""
    bytes_read: int
    """Content read so far, in bytes."""
    last: bool
    """Whether the file has been searched to its end, or as far as the query asks."""


def search_file(
    chunks: Generator[bytes, None, None],
    size_bytes: int | None,
    matcher: TimeSlicedMatcher,
    query: SearchQuery,
    window_bytes: int,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Part, None, None]:
    """Search a file's content; the only last part comes last.

    If all bytes of the file were read, the source has verified them before the last part is yielded. If the rest of the
    file is not needed, it is neither read nor verified.

    Args:
        chunks: the content, as `GistSource.open_file` yields it. Closed with this generator, once that has begun.
        size_bytes: the length of the content, if known.
        matcher: finds the query's pattern.
        query: says what to report.
        window_bytes: the longest line (with `multiline`, the largest text) that is searched as a whole.
        clock: returns monotonic seconds.

    Raises:
        SourceError, DeadlineExceeded: as the chunks and the matcher do.
    """
    try:
        yield from _Search(chunks, TextDecoder(), size_bytes, matcher, query, window_bytes, clock).parts()
    finally:
        chunks.close()


def search_text(
    text: bytes,
    matcher: TimeSlicedMatcher,
    query: SearchQuery,
    window_bytes: int,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Part, None, None]:
    """Search text that was decoded before, like `search_file`."""
    yield from _Search(iter([text]), DecodedText(), None, matcher, query, window_bytes, clock).parts()


class _Search:
    def __init__(
        self,
        chunks: Iterator[bytes],
        decoder: Decoder,
        size_bytes: int | None,
        matcher: TimeSlicedMatcher,
        query: SearchQuery,
        window_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._chunks = chunks
        self._decoder = decoder
        self._size_bytes = size_bytes
        self._windows: Windows
        if query.options.multiline:
            self._windows = OverlappingWindows(window_bytes)
        else:
            self._windows = LineWindows(window_bytes, matcher.slice_bytes)
        by_match = query.detail in (Detail.MATCHES, Detail.MATCH_COUNTS)
        self._search: TextSearch = (MatchSearch if by_match else LineSearch)(matcher, query)
        self._most_lines = max(1, PART_LINES // (1 + query.context_before + query.context_after))
        self._clock = clock
        self._step_began_s = clock()
        self._lines: list[LineMatch] = []
        self._reported_count = self._reported_matches = 0
        self._bytes_read = 0

    def parts(self) -> Generator[Part, None, None]:
        for text in self._texts():
            yield from self._through(self._windows.feed(text))
            if self._search.is_done:
                break
            yield from self._end_step()
        else:
            yield from self._through(self._windows.end())
        yield from self._gather(self._search.end())
        self._verify()
        yield self._part(last=True)

    def _texts(self) -> Iterator[bytes]:
        """Yield the text in pieces, of which the first is its head; nothing for each chunk until that has arrived."""
        head: list[bytes] = []
        missing = HEAD_BYTES
        for chunk in self._chunks:
            self._bytes_read += len(chunk)
            text = self._decoder.feed(chunk)
            if missing > 0:
                head.append(text)
                missing -= len(text)
                text = self._checked(head) if missing <= 0 else b""
            yield text
        rest = self._decoder.end()
        yield self._checked([*head, rest]) if missing > 0 else rest

    def _checked(self, head: list[bytes]) -> bytes:
        text = b"".join(head)
        self._search.binary.check_head(text)
        return text

    def _through(self, windows: Iterator[Window]) -> Iterator[Part]:
        for window in windows:
            yield from self._gather(self._search.feed(window))
            if self._search.is_done:
                return
            yield from self._end_step()

    def _end_step(self) -> Iterator[Part]:
        if self._clock() - self._step_began_s >= STEP_S:
            yield self._part()

    def _gather(self, lines: Iterator[LineMatch]) -> Iterator[Part]:
        for line in lines:
            self._lines.append(line)
            if len(self._lines) == self._most_lines:
                yield self._part()

    def _verify(self) -> None:
        """Have the source verify the content if all of it has been read."""
        if self._size_bytes is not None and self._bytes_read >= self._size_bytes:
            for _ in self._chunks:
                pass

    def _part(self, *, last: bool = False) -> Part:
        search = self._search
        new_lines, new_matches = search.count - self._reported_count, search.match_count - self._reported_matches
        part = Part(tuple(self._lines), new_lines, new_matches, search.binary.found, self._bytes_read, last)
        self._reported_count, self._reported_matches = search.count, search.match_count
        self._lines, self._step_began_s = [], self._clock()
        return part
