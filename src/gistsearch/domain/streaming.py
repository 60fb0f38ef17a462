"""The streaming matcher: windows of text × a matcher → matching lines, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

from gistsearch.domain.context import Context
from gistsearch.domain.excerpts import EXCERPT_BYTES, match_excerpt
from gistsearch.domain.results import LineMatch
from gistsearch.domain.text import Window
from gistsearch.ports.matching import Matcher, Span

Hit = tuple[int, list[Span]]
"""A line that contains the pattern: its end in a window's data (the position of its line feed), and the matches in it,
as far as they are wanted; the last one may lead out of it."""


class LineSearch:
    """The search through one text. Feed it windows in order; it yields the lines and counts them.

    Between windows it remembers positions, never text but the context lines that were asked for.
    """

    def __init__(
        self,
        matcher: Matcher,
        *,
        line_by_line: bool,
        kept: int | None = None,
        stop_after: int | None = None,
        all_spans: bool = True,
        context_before: int = 0,
        context_after: int = 0,
    ) -> None:
        """
        Args:
            matcher: finds matches in a buffer.
            line_by_line: whether no match crosses a line feed.
            kept: how many lines are yielded; None: all.
            stop_after: the number of matching lines after which the rest is of no interest; None: never.
            all_spans: whether every match of a line is wanted, as far as an excerpt can show it; else its first.
            context_before, context_after: how many lines around each match are wanted.
        """
        self._lines = _MatchingLines(matcher, line_by_line=line_by_line, all_spans=all_spans and kept != 0)
        self._shows = kept != 0
        self._kept = math.inf if kept is None else kept
        self._stop_after = math.inf if stop_after is None else stop_after
        self._context = Context(context_before, context_after)
        self._surrounded = bool(context_before or context_after)
        self._numbers = _LineNumbers()
        self.count = 0
        """Matching lines seen so far, kept or not."""
        self.binary = False
        """Whether there is a NUL byte in what was searched, to the end of the last line told; looked at only where
        lines are to be kept. From then on none is."""

    def run(self, windows: Iterable[Window]) -> Iterator[LineMatch]:
        """Yield the matching lines in order, each with its context; count all.

        Takes no more windows than it needs. At any time `count` covers what was yielded, and where context lines are
        still to come a few lines more.
        """
        for window in windows:
            if self._surrounded:
                yield from self._context.catch_up(window)
            if self.count < self._stop_after:
                hits = self._lines.of(window)
                if hits or self._shows:  # Where lines are shown, NUL bytes count as well.
                    yield from self._tell(window, hits)
            if self.count >= self._stop_after and not self._context.owes:
                return
            if self._keeps:
                self._numbers.leave(window)
                self._context.leave(window)
        yield from self._context.release()

    @property
    def _keeps(self) -> bool:
        return self.count < self._kept and not self.binary

    def _tell(self, window: Window, hits: Iterable[Hit]) -> Iterator[LineMatch]:
        data = window.data
        nul = data.find(b"\0", window.start, window.stop) if self._shows and not self.binary else -1
        for end, spans in hits:
            if -1 < nul < end:
                self.binary = True
            self.count += 1
            if self.count <= self._kept and not self.binary:
                start = data.rfind(b"\n", 0, spans[0][0]) + 1
                match = self._line_match(window, start, end, spans)
                if self._surrounded:
                    yield from self._context.surround(window, start, end, match)
                else:
                    yield match
            if self.count >= self._stop_after:
                return
        self.binary = self.binary or nul >= 0

    def _line_match(self, window: Window, start: int, end: int, spans: list[Span]) -> LineMatch:
        data = window.data
        text, marked, cut = match_excerpt(data, start, end, spans)
        goes_on = (start == 0 and not window.opens_line) or (end == len(data) and not window.closes_line)
        return LineMatch(self._numbers.at(window, start), text, marked, cut or goes_on)


class _MatchingLines:
    """Sorts matches by the lines that they touch, each line once, across windows."""

    def __init__(self, matcher: Matcher, *, line_by_line: bool, all_spans: bool) -> None:
        self._find = matcher.find
        self._line_by_line = line_by_line
        self._reach = EXCERPT_BYTES if all_spans else 0  # Matches further behind a line's first are not shown.
        self._resume_at = 0  # in the text: where to go on searching
        self._told_to = -1  # in the text: where the last line told ends, as far as it was seen
        self._told_open = False  # whether that line goes on in the next window
        self._carried: list[Span] = []  # in the text: the matches so far of a line that the next window is to tell

    def of(self, window: Window) -> Iterable[Hit]:
        """Return the lines of a window that contain a match and were not told before; an empty tuple for none."""
        matches = self._matches(window)
        if not self._carried and not self._told_open:  # Mostly no line is under way, and often nothing is found.
            first = next(matches, None)
            if first is None:
                return ()
            matches = chain((first,), matches)
        return self._sorted(window, matches)

    def _sorted(self, window: Window, matches: Iterable[Span]) -> Iterator[Hit]:
        data = window.data
        e = 0  # where the last match ends
        spans: list[Span]  # of the line that ends at `end`; none where that was told already
        end, spans = self._begin(window)
        for s, e in matches:
            if s > end:
                if spans:
                    yield end, spans
                end = _line_end(data, s)
                spans = [(s, e)]
            elif spans and s - spans[0][0] < self._reach:
                spans.append((s, e))
            elif self._line_by_line:
                self._resume_at = window.offset + end + 1
            while e > end + 1:  # The match goes on in the next line.
                if spans:
                    yield end, spans
                spans = [(end + 1, e)]
                end = _line_end(data, end + 1)
        if spans and data.rfind(b"\n", 0, spans[0][0]) + 1 < window.stop:
            yield end, spans
            spans = []
        self._leave(window, end, spans)
        self._resume_at = max(self._resume_at, window.offset + e)

    def _matches(self, window: Window) -> Iterator[Span]:
        """Yield the matches that start where the window is responsible; whoever takes them may move `_resume_at` on."""
        data, offset, stop = window.data, window.offset, window.stop
        while (position := max(window.start, self._resume_at - offset)) < stop:
            for s, e in self._find(data, position, window.end):
                if s >= stop:
                    return
                yield s, e
                if self._resume_at > offset + e:
                    break
            else:
                return

    def _begin(self, window: Window) -> tuple[int, list[Span]]:
        """Return the end of the line that is under way, and its matches so far; none where it was told already."""
        data, offset = window.data, window.offset
        if self._carried:
            spans, self._carried = _moved(self._carried, -offset), []
            return _line_end(data, spans[0][0]), spans
        end = self._told_to - offset
        if self._told_open:
            end = _line_end(data, max(0, end))
        if self._line_by_line:
            self._resume_at = max(self._resume_at, offset + end + 1)
        return end, []

    def _leave(self, window: Window, end: int, spans: list[Span]) -> None:
        """Remember the window's last line; with its matches where the next window is to tell it, as more may start in
        it there.
        """
        if spans:
            self._carried = _moved(spans, window.offset)
        else:
            self._told_to, self._told_open = window.offset + end, end == len(window.data) and not window.closes_line


class _LineNumbers:
    """Counts line feeds, each once."""

    def __init__(self) -> None:
        self._number = 1  # of the line that contains the position
        self._position = 0  # in the text

    def at(self, window: Window, start: int) -> int:
        """Return the number of the line that begins at `start`, or began before `start` could be seen."""
        counted = self._position - window.offset
        if start > counted:
            self._number += window.data.count(b"\n", counted, start)
            self._position += start - counted
        return self._number

    def leave(self, window: Window) -> None:
        """Count what the next window may not see."""
        self.at(window, min(window.stop, len(window.data)))


def _moved(spans: list[Span], by: int) -> list[Span]:
    return [(start + by, end + by) for start, end in spans]


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end
