"""Keeps calls to the engine short, so that a deadline holds whatever the pattern."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import takewhile

from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.matching import Matcher, Span

TARGET_S = 0.05
"""The time that one call should take at most. A call cannot be interrupted; the deadline is checked between calls."""
FIRST_SLICE_BYTES = 1 << 13
MIN_SLICE_BYTES = 1 << 11
MAX_SLICE_BYTES = 1 << 20
GROWTH = 4
SPANS_PER_CHECK = 16
"""Matches between two checks of the deadline. Finding one may take as long as a whole call that finds none."""


class TimeSlicedMatcher(Matcher):
    """A matcher that passes its buffer to another one in slices, sized by the time that earlier calls took.

    A hostile pattern can slow an engine from gigabytes to 30 KB a second (measured with RE2). So the first slices are
    small, and they grow while they are searched in time. One object serves all threads of a search.
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
            line_by_line: whether no match crosses a line feed, so that a slice may end after any of them.
            clock: returns seconds, to measure calls.
        """
        self._matcher = matcher
        self._deadline = deadline
        self._line_by_line = line_by_line
        self._clock = clock
        self._slice_bytes = FIRST_SLICE_BYTES
        self._bytes_per_s = math.inf  # in the last call on a full slice; unlimited before

    def slice_bytes(self) -> int:
        """Return how much text one call should be given at present."""
        return self._slice_bytes

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        """Find what the other matcher finds.

        Raises:
            DeadlineExceeded: the deadline has passed, or would pass while a single long line is searched.
        """
        while True:
            self._deadline.check()
            stop = end if end - start <= self._slice_bytes else self._next_stop(buffer, start, end)
            began = self._clock()
            found = self._matcher.find(buffer, start, stop)
            if stop < end:  # An empty match at the beginning of the next slice is found again there.
                found = _starting_before(stop, found)
            for number, span in enumerate(found):
                if number % SPANS_PER_CHECK == 0:
                    self._deadline.check()
                yield span
            self._learn(stop - start, self._clock() - began)
            if stop >= end:
                return
            start = stop

    def _next_stop(self, buffer: bytes, start: int, end: int) -> int:
        while end - start > self._slice_bytes:
            if self._line_by_line:
                reach = start + self._slice_bytes
                stop = buffer.rfind(b"\n", start, reach) + 1
                if stop:
                    return stop
                end = buffer.find(b"\n", reach, end) + 1 or end
            if not self._grows(buffer, start):
                self._demand_time_for(end - start)
                break
        return end

    def _grows(self, buffer: bytes, start: int) -> bool:
        """Search a piece of a line that cannot be cut, to measure the engine; return whether slices may grow."""
        tried = self._slice_bytes
        began = self._clock()
        for _ in self._matcher.find(buffer, start, start + tried):
            self._deadline.check()
        self._learn(tried, self._clock() - began)
        self._deadline.check()
        return self._slice_bytes > tried

    def _demand_time_for(self, size: int) -> None:
        if size > self._bytes_per_s * self._deadline.remaining_s():
            raise DeadlineExceeded("the pattern is too slow to search a line this long in the time that is left")

    def _learn(self, size: int, took_s: float) -> None:
        if size * 2 <= self._slice_bytes:
            return  # Too little to measure.
        self._bytes_per_s = size / max(took_s, 1e-9)
        if took_s > TARGET_S:
            self._slice_bytes = max(MIN_SLICE_BYTES, int(self._bytes_per_s * TARGET_S))
        elif took_s < TARGET_S / GROWTH:
            self._slice_bytes = min(MAX_SLICE_BYTES, self._slice_bytes * GROWTH)


def _starting_before(stop: int, spans: Iterator[Span]) -> Iterator[Span]:
    return takewhile(lambda span: span[0] < stop, spans)
