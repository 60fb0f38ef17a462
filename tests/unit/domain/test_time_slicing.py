"""How calls to the engine are kept short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.matching.time_slicing import FIRST_SLICE_BYTES, MAX_SLICE_BYTES, TARGET_S, TimeSlicedMatcher
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.matching import Matcher, MatchOptions, Span


class Clock:
    """Time that passes only while bytes are searched."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SlowMatcher(Matcher):
    """Finds nothing, at a given speed, and notes its calls."""

    def __init__(self, clock: Clock, bytes_per_s: float) -> None:
        self.clock = clock
        self.bytes_per_s = bytes_per_s
        self.calls: list[Span] = []

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        self.calls.append((start, end))
        self.clock.now += (end - start) / self.bytes_per_s
        return iter(())


def time_sliced(
    bytes_per_s: float, deadline_s: float | None = None, *, line_by_line: bool = True
) -> tuple[TimeSlicedMatcher, SlowMatcher]:
    clock = Clock()
    slow = SlowMatcher(clock, bytes_per_s)
    return TimeSlicedMatcher(slow, Deadline(deadline_s, clock), line_by_line=line_by_line, clock=clock), slow


def longest(slow: SlowMatcher, bytes_per_s: float) -> float:
    return max(end - start for start, end in slow.calls) / bytes_per_s


LINES = b"x" * 99 + b"\n"


def test_a_quick_engine_soon_is_given_whole_buffers() -> None:
    """An ordinary pattern runs at the engine's speed over large slices."""
    matcher, slow = time_sliced(1e9)
    for _ in range(10):
        assert list(matcher.find(LINES * 10_000, 0, 1_000_000)) == []
    assert slow.calls[-1] == (0, 1_000_000)
    assert slow.calls[0][1] <= FIRST_SLICE_BYTES


def test_a_slow_engine_is_given_short_slices_that_end_at_lines() -> None:
    """No call takes much longer than the target, and none cuts a line."""
    matcher, slow = time_sliced(100_000)
    assert list(matcher.find(LINES * 5_000, 0, 500_000)) == []
    assert longest(slow, 100_000) <= 2 * TARGET_S
    assert all(end % 100 == 0 for _, end in slow.calls)
    assert [start for start, _ in slow.calls[1:]] == [end for _, end in slow.calls[:-1]]
    assert slow.calls[-1][1] == 500_000


def test_slices_shrink_when_the_engine_slows_down() -> None:
    """At 30 kB a second, 50 ms are 1.5 kB; the smallest slice has 2 kB."""
    matcher, slow = time_sliced(1e9)
    list(matcher.find(LINES * 10_000, 0, 1_000_000))
    slow.bytes_per_s = 30_000
    slow.calls.clear()
    list(matcher.find(LINES * 20_000, 0, 2_000_000))
    sizes = [end - start for start, end in slow.calls]
    assert sizes[0] > 100_000
    assert max(sizes[1:]) <= 2_048


def test_the_deadline_is_checked_between_calls() -> None:
    """A slow pattern ends soon after the deadline."""
    matcher, slow = time_sliced(100_000, deadline_s=1.0)
    with pytest.raises(DeadlineExceeded):
        list(matcher.find(LINES * 50_000, 0, 5_000_000))
    assert slow.clock.now <= 1.0 + 2 * TARGET_S


@pytest.mark.parametrize("line_by_line", [True, False])
def test_a_long_line_is_not_begun_if_it_would_outlast_the_deadline(line_by_line: bool) -> None:
    """A call cannot be interrupted, so it is not made if earlier ones show that it would take too long."""
    matcher, slow = time_sliced(30_000, deadline_s=5.0, line_by_line=line_by_line)
    message = r"^the pattern is too slow to search a line this long in the time that is left$"
    with pytest.raises(DeadlineExceeded, match=message):
        list(matcher.find(b"x" * MAX_SLICE_BYTES, 0, MAX_SLICE_BYTES))
    assert slow.clock.now <= 0.5


@pytest.mark.parametrize("speed", [30_000, 300_000, 1e9])
@pytest.mark.parametrize("size", [100, MAX_SLICE_BYTES, 3 * MAX_SLICE_BYTES])
def test_a_long_line_is_searched_whole_if_there_is_time(speed: float, size: int) -> None:
    """Whatever was tried before, the last call is given the whole line."""
    matcher, slow = time_sliced(speed, line_by_line=False)
    assert list(matcher.find(b"x" * size, 0, size)) == []
    assert slow.calls[-1] == (0, size)


def test_what_comes_before_a_long_line_does_not_count_as_part_of_it() -> None:
    """At 30 kB a second, 60 kB take two seconds, wherever they begin."""
    matcher, slow = time_sliced(30_000, deadline_s=5.0, line_by_line=False)
    assert list(matcher.find(b"x" * 1_060_000, 1_000_000, 1_060_000)) == []
    assert slow.calls[-1] == (1_000_000, 1_060_000)


@pytest.mark.parametrize("pattern", ["x*", "^", "$", "x$", "y"])
def test_slices_do_not_change_what_is_found(pattern: str) -> None:
    """Empty matches at the seams are found once."""
    plain = Re2Compiler().compile([pattern], MatchOptions())
    text = (b"x" * 50 + b"\n" + b"y\n\n") * 2_000
    matcher = TimeSlicedMatcher(plain, Deadline(), line_by_line=True)
    assert list(matcher.find(text, 0, len(text))) == list(plain.find(text, 0, len(text)))


class EverySlowly(Matcher):
    """Finds an empty match at each byte, and takes its time for each."""

    def __init__(self, clock: Clock, seconds_a_match: float) -> None:
        self.clock = clock
        self.seconds_a_match = seconds_a_match

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        for at in range(start, end):
            self.clock.now += self.seconds_a_match
            yield at, at


@pytest.mark.parametrize("size", [FIRST_SLICE_BYTES, 2 * FIRST_SLICE_BYTES])
def test_the_deadline_is_checked_between_the_matches_of_a_call(size: int) -> None:
    """Finding each match may take as long as a whole call that finds none."""
    clock = Clock()
    matcher = TimeSlicedMatcher(EverySlowly(clock, 0.01), Deadline(1.0, clock), line_by_line=False, clock=clock)
    with pytest.raises(DeadlineExceeded):
        list(matcher.find(b"x" * size, 0, size))
    assert clock.now <= 1.2
