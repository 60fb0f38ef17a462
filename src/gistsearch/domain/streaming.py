"""The streaming matcher: windows of text × a matcher → matching lines, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from gistsearch.domain.context import Context
from gistsearch.domain.excerpts import EXCERPT_BYTES, match_excerpt
from gistsearch.domain.results import LineMatch
from gistsearch.domain.text import Window
from gistsearch.ports.matching import Matcher, Span

Hit = tuple[int, int, list[Span]]
"""A line that contains the pattern: its start and end in a window's data (the end is the position of its line feed),
and the matches in it, as far as they are wanted."""


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
                yield from self._search(window)
            if self.count >= self._stop_after and not self._context.owes:
                return
            if self._keeps:
                self._numbers.leave(window)
                self._context.leave(window)
        yield from self._context.release()

    @property
    def _keeps(self) -> bool:
        return self.count < self._kept and not self.binary

    def _search(self, window: Window) -> Iterator[LineMatch]:
        nul = window.data.find(b"\0", window.start, window.stop) if self._shows and not self.binary else -1
        for start, end, spans in self._lines.of(window):
            if -1 < nul < end:
                self.binary = True
            self.count += 1
            if self.count <= self._kept and not self.binary:
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
        self._carried: tuple[int, list[Span]] | None = None  # a line for the next window, and its matches so far

    def of(self, window: Window) -> Iterator[Hit]:
        """Yield the lines of a window that contain a match and were not told before."""
        data = window.data
        spans: list[Span] | None  # of the line start..end; None where it was told already
        start, end, spans = self._begin(window)
        if self._line_by_line:
            self._resume_at = max(self._resume_at, window.offset + end + 1)
        for s, e in self._matches(window):
            if s > end:
                if spans:
                    yield start, end, spans
                start, end, spans = data.rfind(b"\n", 0, s) + 1, _line_end(data, s), []
            if spans is not None and (not spans or s - spans[0][0] < self._reach):
                spans.append((s, min(e, end)))
            elif self._line_by_line:
                self._resume_at = window.offset + end + 1
            while e > end + 1:  # The match goes on in the next line.
                if spans:
                    yield start, end, spans
                start, end = end + 1, _line_end(data, end + 1)
                spans = [(start, min(e, end))]
        if spans and start < window.stop:
            yield start, end, spans
            spans = None
        self._leave(window, start, end, spans)

    def _begin(self, window: Window) -> tuple[int, int, list[Span] | None]:
        """Return the line that is under way, and its matches so far; None where it was told already."""
        carried, self._carried = self._carried, None
        if carried is None:
            return 0, self._told_end(window), None
        position, spans = carried
        start = position - window.offset
        return start, _line_end(window.data, start), _moved(spans, -window.offset)

    def _leave(self, window: Window, start: int, end: int, spans: list[Span] | None) -> None:
        """Remember the window's last line; with its matches where the next window is to tell it, as more may start in
        it there.
        """
        if spans:
            self._carried = window.offset + start, _moved(spans, window.offset)
        else:
            self._told_to, self._told_open = window.offset + end, end == len(window.data) and not window.closes_line

    def _matches(self, window: Window) -> Iterator[Span]:
        """Yield the matches that start where the window is responsible; whoever takes them may move `_resume_at` on."""
        data, offset = window.data, window.offset
        while (position := max(window.start, self._resume_at - offset)) < window.stop:
            for s, e in self._find(data, position, window.end):
                if s >= window.stop:
                    return
                if s == len(data) and (data.endswith(b"\n") or not data):  # Behind the last line: in none.
                    return
                self._resume_at = offset + e
                yield s, e
                if self._resume_at != offset + e:
                    break
            else:
                return

    def _told_end(self, window: Window) -> int:
        end = self._told_to - window.offset
        return _line_end(window.data, max(0, end)) if self._told_open else end


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
