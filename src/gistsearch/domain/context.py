"""The lines around a match, gathered across windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from attrs import evolve

from gistsearch.domain.excerpts import line_excerpt
from gistsearch.domain.results import LineMatch
from gistsearch.domain.text import Window


class Context:
    """Holds what the next windows will need of this one: the last lines before it, and the matches whose lines after
    are still to come.

    Each line belongs to the one window within whose responsibility (`start` to `stop`) it begins.
    """

    def __init__(self, before: int, after: int) -> None:
        """
        Args:
            before, after: how many lines are wanted around each match.
        """
        self._before = before
        self._after = after
        self._recent: deque[str] = deque(maxlen=before + 1)  # one more: the line in which a window begins
        self._owed: deque[tuple[LineMatch, list[str], int]] = deque()
        """Matches, their lines after, still too few, and where in the text the first of these begins."""

    @property
    def owes(self) -> bool:
        """Whether matches wait for lines after them."""
        return bool(self._owed)

    def surround(self, window: Window, start: int, end: int, match: LineMatch) -> Iterator[LineMatch]:
        """Give a match on the line `start..end` its context; yield what is complete by now, in order."""
        if self._before:
            match = evolve(match, before=self._lines_before(window, start))
        if not self._after:
            yield match
            return
        lines = self._lines_after(window, end + 1, self._after)
        self._owed.append((match, lines, window.offset + end + 1))
        yield from self._complete()

    def catch_up(self, window: Window) -> Iterator[LineMatch]:
        """Give the matches of earlier windows the first lines of this one; yield those that are complete."""
        if self._owed:
            first = window.start if _begins_line(window, window.start) else _next_line(window, window.start)
            for _, lines, behind in self._owed:
                lines += self._lines_after(window, max(first, behind - window.offset), self._after - len(lines))
            yield from self._complete()

    def leave(self, window: Window) -> None:
        """Remember the last lines that begin in this window."""
        if self._before:
            starts = _starts_before(window, min(window.stop, len(window.data)), self._before + 1)
            self._recent.extend(_excerpt(window, start) for start in reversed(starts))

    def release(self) -> Iterator[LineMatch]:
        """Yield the matches that still wait: the text is over."""
        while self._owed:
            match, lines, _ = self._owed.popleft()
            yield evolve(match, after=tuple(lines))

    def _complete(self) -> Iterator[LineMatch]:
        while self._owed and len(self._owed[0][1]) >= self._after:
            match, lines, _ = self._owed.popleft()
            yield evolve(match, after=tuple(lines))

    def _lines_before(self, window: Window, start: int) -> tuple[str, ...]:
        here = [_excerpt(window, at) for at in reversed(_starts_before(window, start, self._before))]
        earlier = list(self._recent)
        if not _begins_line(window, start) or start < window.start:
            earlier = earlier[:-1]  # The last one is the line itself.
        return tuple((earlier + here)[-self._before :])

    def _lines_after(self, window: Window, start: int, wanted: int) -> list[str]:
        lines: list[str] = []
        while len(lines) < wanted and start < min(window.stop, len(window.data)):
            lines.append(_excerpt(window, start))
            start = _next_line(window, start)
        return lines


def _excerpt(window: Window, start: int) -> str:
    end = window.data.find(b"\n", start)
    return line_excerpt(window.data, start, len(window.data) if end < 0 else end)


def _begins_line(window: Window, position: int) -> bool:
    return window.opens_line if position == 0 else window.data[position - 1] == 0x0A


def _next_line(window: Window, position: int) -> int:
    """Return where the line behind the one at `position` begins; the end of the data where that can't be seen."""
    return window.data.find(b"\n", position) + 1 or len(window.data)


def _starts_before(window: Window, position: int, wanted: int) -> list[int]:
    """Return where the last lines that begin from `window.start` to before `position` do, nearest first."""
    starts: list[int] = []
    while len(starts) < wanted and position > window.start:
        position = window.data.rfind(b"\n", max(0, window.start - 1), position - 1) + 1
        if position < window.start or not _begins_line(window, position):
            break
        starts.append(position)
    return starts
