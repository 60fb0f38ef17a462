"""The search for lines: windows of text → the lines that match, or those that do not, in constant memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Protocol

from gistsearch.domain.matching.binary import BinaryCheck
from gistsearch.domain.matching.context import Context
from gistsearch.domain.matching.excerpts import EXCERPT_BYTES, match_excerpt
from gistsearch.domain.matching.hits import Hit, HitLines, OtherLines
from gistsearch.domain.matching.lines import LineMatch
from gistsearch.domain.matching.positions import LinePositions
from gistsearch.domain.matching.windows import Window
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.ports.matching import Matcher, Span


class TextSearch(Protocol):
    """The search through one text. Between windows it remembers positions, and only a bounded amount of text."""

    binary: BinaryCheck
    count: int
    """Matching lines seen so far, reported or not; with `multiline`, matches."""
    match_count: int
    """Matches seen so far, if each counts by itself, else 0."""

    @property
    @abstractmethod
    def is_done(self) -> bool:
        """Whether the rest of the text is not needed."""
        raise NotImplementedError

    @abstractmethod
    def feed(self, window: Window) -> Iterator[LineMatch]:
        """Yield what the next window completes, in order. Exhaust the iterator before the next call."""
        raise NotImplementedError

    @abstractmethod
    def end(self) -> Iterator[LineMatch]:
        """Yield what is left at the end of the text."""
        raise NotImplementedError


class LineSearch(TextSearch):
    """Reports lines, as far as the query asks for them, and counts."""

    def __init__(self, matcher: Matcher, query: SearchQuery) -> None:
        """
        Args:
            matcher: finds matches in a buffer.
            query: says what to report. Its pattern is the matcher's.
        """
        self.binary = BinaryCheck(query)
        self.count = self.match_count = 0
        self._is_shown = query.detail is Detail.LINES
        self._max_lines = _max_count(query) if not query.options.multiline else None
        self._hits = _hit_lines(matcher, query)
        self._others = OtherLines(self._hits) if query.invert else None
        self._overlong: LineMatch | None = None  # the overlong line of the last window, as it is reported if inverted
        self._context = Context(query.context_before, query.context_after)
        self._has_context = self._is_shown and bool(query.context_before or query.context_after)
        self._positions = LinePositions()
        self._is_full = False  # whether the rest is not needed, except as context

    @property
    def is_done(self) -> bool:
        return self._is_full and not self._context.is_pending

    def feed(self, window: Window) -> Iterator[LineMatch]:
        self.binary.look_at(window)
        if self._has_context:
            yield from self._context.fill_after(window, self.binary.hidden_from)
        if not self._is_full:
            yield from self._search(window)
        if self._context.is_pending and self.binary.hidden_from < window.stop:
            self.binary.found = True
            yield from self._context.flush()
        if self._is_shown and not self._is_full:
            self._positions.pass_over(window)
            if self._has_context:
                self._context.remember(window)

    def end(self) -> Iterator[LineMatch]:
        yield from self._context.flush()

    def _search(self, window: Window) -> Iterator[LineMatch]:
        hits = self._lines_of(window)
        data, nul_line, hidden_from = window.data, self.binary.nul_line, self.binary.hidden_from
        line_match = self._excerpt_of if self._others is None else self._other_line
        for end, spans, count in hits:
            if end >= nul_line:
                self.binary.found = True
            self.count += count
            if spans and end < hidden_from:
                start = data.rfind(b"\n", 0, spans[0][0]) + 1
                match = line_match(window, start, end, spans)
                if self._has_context:
                    yield from self._context.attach(window, start, end, match, hidden_from)
                else:
                    yield match
            if self.count == self._max_lines:
                self._is_full = True
                return
        self._is_full = self._hits.is_done
        if not self._is_full:
            self.binary.pass_over(window)

    def _lines_of(self, window: Window) -> Iterable[Hit]:
        if self._others is None:
            return self._hits.of(window)
        if self._is_shown and window.begins_line and not window.closes_line:
            self._overlong = self._excerpt_of(window, window.start, len(window.data), [])
        return self._others.of(window)

    def _other_line(self, window: Window, start: int, end: int, _: list[Span]) -> LineMatch:
        if self._overlong is None or window.begins_line:
            return self._excerpt_of(window, start, end, [])
        return self._overlong

    def _excerpt_of(self, window: Window, start: int, end: int, spans: list[Span]) -> LineMatch:
        text, marked, begin, cut_after = match_excerpt(window.data, start, end, spans)
        number, offset = self._positions.locate(window, start)
        cut_after = cut_after or (end == len(window.data) and not window.closes_line)
        offset += begin - start
        return LineMatch(number, text, marked, offset, offset > 0, cut_after)


def _max_count(query: SearchQuery) -> int | None:
    return 1 if query.detail is Detail.GISTS else query.max_lines


def _hit_lines(matcher: Matcher, query: SearchQuery) -> HitLines:
    """Return the part of the search that finds as much of each line as the query asks for."""
    return HitLines(
        matcher,
        line_by_line=not query.options.multiline,
        reach_bytes=EXCERPT_BYTES if query.detail is Detail.LINES and not query.invert else 0,
        max_matches=_max_count(query) if query.options.multiline else None,
    )
