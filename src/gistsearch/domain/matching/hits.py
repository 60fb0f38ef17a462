"""Matches in windows → the lines that contain them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice, takewhile

from gistsearch.domain.matching.windows import Window
from gistsearch.ports.matching import Matcher, Span

Hit = tuple[int, list[Span], int]
"""A line that contains a match: its end in a window's data (the position of its line feed), the matches in it as far as
they are wanted, the last of which may end in a later line, and what it adds to the count: 1 line by line, otherwise how
many matches start in it. There are no matches but a count if the line was reported before."""


class MatchFinder:
    """Finds each match in the window that is responsible for it."""

    def __init__(self, matcher: Matcher) -> None:
        self._find = matcher.find
        self._match_end = -1  # where the last match ends in the text, if it is not empty
        self.resume_at = 0
        """The position in the text from which to search. Whoever takes the matches may move it ahead."""

    def matches(self, window: Window) -> Iterator[Span]:
        """Yield the matches that start where the window is responsible. Call `pass_over` for the last one taken."""
        data, offset, stop = window.data, window.offset, window.stop
        while (position := max(window.start, self.resume_at - offset)) < stop:
            for s, e in self._find(data, position, window.end):
                if s >= stop:
                    return
                if s == e == self._match_end - offset:
                    continue  # an empty match directly after one that an earlier window found
                yield s, e
                if self.resume_at > offset + e:
                    break
            else:
                return

    def pass_over(self, window: Window, match: Span) -> None:
        """Have the search go on after a match."""
        start, end = match
        self.resume_at = max(self.resume_at, window.offset + end)
        if start < end:
            self._match_end = window.offset + end

    def next_matches(self, window: Window, after: Span, stop: int) -> Iterator[Span]:
        """Yield matches for which the next window is responsible: those after another one that start before `stop`."""
        position = max(window.stop, after[1])
        if position < stop:
            for span in takewhile(lambda span: span[0] < stop, self._find(window.data, position, window.end)):
                if span != (after[1], after[1]):
                    yield span


class HitLines:
    """Groups matches by the lines that they touch, each line once, across windows."""

    def __init__(self, matcher: Matcher, *, line_by_line: bool, reach_bytes: int, max_matches: int | None) -> None:
        """
        Args:
            matcher: finds the matches.
            line_by_line: whether no match crosses a line feed.
            reach_bytes: how far after the first match of a line further ones are wanted.
            max_matches: how many matches are wanted; None for all.
        """
        self._finder = MatchFinder(matcher)
        self._line_by_line = line_by_line
        self._reach = reach_bytes
        self._matches_left = max_matches
        self._reported_to = -1  # the position in the text where the last reported line ends, as far as it was in sight
        self._is_open = False  # whether that line goes on in the next window
        self._carried: list[Span] = []  # in the text: the matches so far of a line that the next window will report
        self._carried_count = 0

    @property
    def is_done(self) -> bool:
        """Whether no further match is wanted, and all lines of those that are have been reported."""
        return self._matches_left == 0 and not self._carried

    def of(self, window: Window) -> Iterable[Hit]:
        """Return the lines of a window that contain a match and were not reported before; an empty tuple for none."""
        matches = self._finder.matches(window)
        if self._matches_left is not None:
            matches = self._limited(matches)
        if not self._carried and not self._is_open:  # The usual case, and mostly there is no match.
            first = next(matches, None)
            if first is None:
                return ()
            matches = chain((first,), matches)
        return self._grouped(window, matches)

    def _limited(self, matches: Iterator[Span]) -> Iterator[Span]:
        while self._matches_left and (match := next(matches, None)):
            self._matches_left -= 1
            yield match

    def _grouped(self, window: Window, matches: Iterable[Span]) -> Iterator[Hit]:
        data = window.data
        each = 0 if self._line_by_line else 1  # what a match adds to the count of its line, except for the first
        s = e = -1  # the last match
        spans: list[Span]  # of the line that ends at `end`; empty if that was reported before
        end, spans, count = self._begin(window)
        for s, e in matches:
            if s > end:
                if count or spans:
                    yield end, spans, count
                end, spans, count = _line_end(data, s), [(s, e)], 1
            else:
                count += each
                if spans and s - spans[0][0] < self._reach:
                    spans.append((s, e))
                elif self._line_by_line:  # Nothing more is wanted of this line.
                    self._finder.resume_at = window.offset + end + 1
            while e > end + 1:  # The match goes on in the next line.
                yield end, spans, count
                end, spans, count = _line_end(data, end + 1), [(end + 1, e)], 0
        if s >= 0:
            self._finder.pass_over(window, (s, e))
        yield from self._end(window, end, spans, count)

    def _begin(self, window: Window) -> tuple[int, list[Span], int]:
        """Return the end of the line that is incomplete, and its matches so far, if it was not reported before."""
        data, offset = window.data, window.offset
        if self._carried:
            spans = _moved(self._carried, -offset)
            return _line_end(data, spans[0][0]), spans, self._carried_count
        end = self._reported_to - offset
        if self._is_open:
            end = _line_end(data, max(0, end))
        if self._line_by_line:
            self._finder.resume_at = max(self._finder.resume_at, offset + end + 1)
        return end, [], 0

    def _end(self, window: Window, end: int, spans: list[Span], count: int) -> Iterator[Hit]:
        """Yield the window's last line with a match, unless more may start in it in the next window."""
        if spans and window.data.rfind(b"\n", 0, spans[0][0]) + 1 >= window.stop:
            self._carried, self._carried_count = _moved(spans, window.offset), count
            return
        if spans:
            reach = min(end + 1, spans[0][0] + self._reach)
            spans += islice(self._finder.next_matches(window, spans[-1], reach), self._matches_left)
        if spans or count:
            yield end, spans, count
        self._carried = []
        self._reported_to = window.offset + end
        self._is_open = end == len(window.data) and not window.closes_line


class OtherLines:
    """The lines without a match, for inverted matching; line by line only."""

    def __init__(self, hits: HitLines) -> None:
        self._hits = hits
        self._is_hit = False  # whether the incomplete line contains a match

    def of(self, window: Window) -> Iterator[Hit]:
        """Yield the lines that a window completes and that contain no match, with an empty span where they begin, or
        where the window does.
        """
        if window.closes_line and window.begins_line:
            yield from self._between_hits(window)
            return
        # One of the windows of an overlong line.
        self._is_hit = bool(list(self._hits.of(window))) or (self._is_hit and not window.begins_line)
        if window.closes_line and not self._is_hit:
            yield _line_end(window.data, window.start), [(window.start, window.start)], 1

    def _between_hits(self, window: Window) -> Iterator[Hit]:
        data, start = window.data, window.start
        for end, _, _ in self._hits.of(window):
            yield from _lines_between(data, start, max(start, data.rfind(b"\n", start, end) + 1))
            start = end + 1
        yield from _lines_between(data, start, min(window.stop, len(data)))


def _lines_between(data: bytes, start: int, stop: int) -> Iterator[Hit]:
    while start < stop:
        end = _line_end(data, start)
        yield end, [(start, start)], 1
        start = end + 1


def _moved(spans: list[Span], by: int) -> list[Span]:
    return [(start + by, end + by) for start, end in spans]


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end
