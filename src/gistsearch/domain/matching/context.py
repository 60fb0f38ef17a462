"""The lines around a match, gathered across windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from attrs import evolve

from gistsearch.domain.matching.excerpts import line_excerpt
from gistsearch.domain.matching.lines import ContextLine, LineMatch
from gistsearch.domain.matching.windows import Window


class Context:
    """Remembers what the next windows need from this one: its last lines, and the matches whose lines after are
    incomplete.

    A line belongs to the window in whose responsibility (`start` to `stop`) it begins.
    """

    def __init__(self, before: int, after: int) -> None:
        """
        Args:
            before, after: how many lines are wanted around each match.
        """
        self._before = before
        self._after = after
        self._recent: deque[ContextLine] = deque(maxlen=before + 1)  # and the line in which a window begins
        self._pending: deque[tuple[LineMatch, list[ContextLine], int]] = deque()
        """Matches, the lines after them so far, and the position in the text at which the first of these begins."""

    @property
    def is_pending(self) -> bool:
        """Whether matches wait for lines after them."""
        return bool(self._pending)

    def attach(self, window: Window, start: int, end: int, match: LineMatch, hidden_from: float) -> Iterator[LineMatch]:
        """Give a match on the line `start..end` its context; yield the matches that are complete, in order.

        Args:
            window, start, end, match: the match.
            hidden_from: the position from which no line of the window may be reported.
        """
        if self._before:
            match = evolve(match, before=self._lines_before(window, start))
        if not self._after:
            yield match
            return
        lines = _lines_after(window, end + 1, self._after, hidden_from)
        self._pending.append((match, lines, window.offset + end + 1))
        yield from self._complete()

    def fill_after(self, window: Window, hidden_from: float) -> Iterator[LineMatch]:
        """Give the matches of earlier windows the first lines of this one; yield those that are complete.

        Args:
            window: the next one.
            hidden_from: the position from which none of its lines may be reported.
        """
        if self._pending:
            first = window.start if window.begins_line else _next_line(window, window.start)
            for _, lines, first_at in self._pending:
                start = max(first, first_at - window.offset)
                lines += _lines_after(window, start, self._after - len(lines), hidden_from)
            yield from self._complete()

    def remember(self, window: Window) -> None:
        """Remember the last lines that begin in this window."""
        if self._before:
            starts = _starts_before(window, min(window.stop, len(window.data)), self._before + 1)
            self._recent.extend(_excerpt(window, start) for start in reversed(starts))

    def flush(self) -> Iterator[LineMatch]:
        """Yield the matches that still wait, at the end of the text."""
        while self._pending:
            match, lines, _ = self._pending.popleft()
            yield evolve(match, after=tuple(lines))

    def _complete(self) -> Iterator[LineMatch]:
        while self._pending and len(self._pending[0][1]) >= self._after:
            match, lines, _ = self._pending.popleft()
            yield evolve(match, after=tuple(lines))

    def _lines_before(self, window: Window, start: int) -> tuple[ContextLine, ...]:
        here = [_excerpt(window, at) for at in reversed(_starts_before(window, start, self._before))]
        earlier = list(self._recent)
        if not _begins_line(window, start) or start < window.start:
            earlier = earlier[:-1]  # The last one is the line itself.
        return tuple((earlier + here)[-self._before :])


def _lines_after(window: Window, start: int, wanted: int, hidden_from: float) -> list[ContextLine]:
    lines: list[ContextLine] = []
    while len(lines) < wanted and start < min(window.stop, len(window.data), hidden_from):
        lines.append(_excerpt(window, start))
        start = _next_line(window, start)
    return lines


def _excerpt(window: Window, start: int) -> ContextLine:
    end = window.data.find(b"\n", start)
    return line_excerpt(window.data, start, len(window.data) if end < 0 else end)


def _begins_line(window: Window, position: int) -> bool:
    return window.opens_line if position == 0 else window.data[position - 1] == 0x0A


def _next_line(window: Window, position: int) -> int:
    """Return where the line after the one at `position` begins, or the end of the data if that is not in sight."""
    return window.data.find(b"\n", position) + 1 or len(window.data)


def _starts_before(window: Window, position: int, wanted: int) -> list[int]:
    """Return the positions of the last lines that begin between `window.start` and `position`, nearest first."""
    starts: list[int] = []
    while len(starts) < wanted and position > window.start:
        position = window.data.rfind(b"\n", max(0, window.start - 1), position - 1) + 1
        if position < window.start or not _begins_line(window, position):
            break
        starts.append(position)
    return starts
