"""Keeps calls to the engine short, so that a deadline is met whatever the pattern."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import takewhile

from gistsearch.ports.gists import Deadline, DeadlineExceeded
from gistsearch.ports.matching import Matcher, Span

TARGET_S = 0.05
"""How long one call should take at most. A call cannot be interrupted; the deadline is looked at between calls."""
FIRST_STRETCH_BYTES = 1 << 13
LEAST_STRETCH_BYTES = 1 << 11
MOST_STRETCH_BYTES = 1 << 20
GROWTH = 4
SPANS_A_LOOK = 16
"""The deadline is looked at so often among the matches of a call: finding each may take as long as a call without."""


class Paced(Matcher):
    """A matcher that hands its buffer to another one in stretches, as long as earlier calls have shown to be quick.

    A hostile pattern can fall from gigabytes to 30 KB a second (measured with RE2), so the first stretches are small
    and grow while they are done in time. One object serves all threads of a search; what one learns, all profit from.
    """

    def __init__(
        self,
        matcher: Matcher,
        deadline: Deadline,
        *,
        line_by_line: bool,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """
        Args:
            matcher: does the work.
            deadline: checked before each call.
            line_by_line: whether no match crosses a line feed, so that a stretch may end behind any of them.
            clock: seconds, for measuring calls.
        """
        self._matcher = matcher
        self._deadline = deadline
        self._line_by_line = line_by_line
        self._clock = clock
        self._stretch_bytes = FIRST_STRETCH_BYTES
        self._bytes_per_s = math.inf  # of the last call on a full stretch; unbounded before

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        """Find what the other matcher finds.

        Raises:
            DeadlineExceeded: the time is up, or a single line is so long and the pattern so slow that it would be.
        """
        while True:
            self._deadline.check()
            stop = end if end - start <= self._stretch_bytes else self._next_stop(buffer, start, end)
            began = self._clock()
            found = self._matcher.find(buffer, start, stop)
            if stop < end:  # An empty match at the beginning of the next stretch is found again there.
                found = _starting_before(stop, found)
            for number, span in enumerate(found):
                if number % SPANS_A_LOOK == 0:
                    self._deadline.check()
                yield span
            self._learn(stop - start, self._clock() - began)
            if stop >= end:
                return
            start = stop

    def _next_stop(self, buffer: bytes, start: int, end: int) -> int:
        while end - start > self._stretch_bytes:
            if self._line_by_line:
                reach = start + self._stretch_bytes
                stop = buffer.rfind(b"\n", start, reach) + 1
                if stop:
                    return stop
                end = buffer.find(b"\n", reach, end) + 1 or end
            if not self._grows(buffer, start):
                self._demand_time_for(end - start)
                break
        return end

    def _grows(self, buffer: bytes, start: int) -> bool:
        """Try a piece of what cannot be cut, to learn how quick the engine is, and say whether longer ones will do."""
        tried = self._stretch_bytes
        began = self._clock()
        for _ in self._matcher.find(buffer, start, start + tried):
            self._deadline.check()
        self._learn(tried, self._clock() - began)
        self._deadline.check()
        return self._stretch_bytes > tried

    def _demand_time_for(self, size: int) -> None:
        if size > self._bytes_per_s * self._deadline.remaining_s():
            raise DeadlineExceeded("the pattern is too slow on a long line for the time that is left")

    def _learn(self, size: int, took_s: float) -> None:
        if size * 2 <= self._stretch_bytes:
            return  # Too little to tell.
        self._bytes_per_s = size / max(took_s, 1e-9)
        if took_s > TARGET_S:
            self._stretch_bytes = max(LEAST_STRETCH_BYTES, int(self._bytes_per_s * TARGET_S))
        elif took_s < TARGET_S / GROWTH:
            self._stretch_bytes = min(MOST_STRETCH_BYTES, self._stretch_bytes * GROWTH)


def _starting_before(stop: int, spans: Iterator[Span]) -> Iterator[Span]:
    return takewhile(lambda span: span[0] < stop, spans)
