"""How an answer tells of a rate limit, and how long we keep from asking."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gistsearch.adapters.github.limits import LONGEST_PAUSE_S, Limited, LimitMemory, limit_of
from gistsearch.ports.gists import Deadline, DeadlineExceeded, SourceRateLimited

NOW = datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC)
DATE = {"date": format_datetime(NOW, usegmt=True)}
USED_UP = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0"}
SECONDARY = json.dumps({"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}).encode()


def _reset(seconds: float) -> dict[str, str]:
    return {"x-ratelimit-reset": str(int(NOW.timestamp() + seconds))}


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b"[]"),
        (200, {"x-ratelimit-remaining": "0"}, b"[]"),
        (403, {}, b""),
        (403, {"x-ratelimit-remaining": "10"}, b'{"message": "Resource not accessible"}'),
        (403, {}, json.dumps({"message": "Repository access blocked", "block": {"reason": "tos"}}).encode()),
        (403, {}, b"[" * 100_000),
        (403, {}, b'["You have exceeded a secondary rate limit"]'),
        (404, USED_UP, b""),
        (451, {}, b""),
        (503, {"retry-after": "10"}, b""),
    ],
)
def test_other_answers_are_no_limits(status: int, headers: dict[str, str], body: bytes) -> None:
    assert limit_of(status, headers, body) is None


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "body", "limited"),
    [
        (USED_UP | _reset(90), b"", Limited(secondary=False, pause_s=91)),
        (USED_UP | _reset(90) | {"retry-after": "5"}, b"", Limited(secondary=False, pause_s=5)),
        (USED_UP | _reset(-90), b"", Limited(secondary=False, pause_s=0)),
        (USED_UP, b"", Limited(secondary=False, pause_s=None)),
        ({}, b'{"message": "API rate limit exceeded for 1.2.3.4."}', Limited(secondary=False, pause_s=None)),
        ({"retry-after": "60"}, b"", Limited(secondary=True, pause_s=60)),
        ({"retry-after": " 60 "}, SECONDARY, Limited(secondary=True, pause_s=60)),
        ({}, SECONDARY, Limited(secondary=True, pause_s=None)),
        (_reset(90) | {"x-ratelimit-remaining": "10"}, SECONDARY, Limited(secondary=True, pause_s=None)),
        ({}, b'{"documentation_url": "https://x/#abuse-rate-limits"}', Limited(secondary=True, pause_s=None)),
        ({}, b'{"documentation_url": "https://x/secondary-rate-limits"}', Limited(secondary=True, pause_s=None)),
        (
            {"retry-after": format_datetime(NOW + timedelta(minutes=2), usegmt=True)},
            b"",
            Limited(secondary=True, pause_s=120),
        ),
        (
            {"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)},
            b"",
            Limited(secondary=True, pause_s=0),
        ),
        ({"retry-after": "9" * 12}, b"", Limited(secondary=True, pause_s=LONGEST_PAUSE_S)),
        (USED_UP | {"x-ratelimit-reset": "9" * 12}, b"", Limited(secondary=False, pause_s=LONGEST_PAUSE_S)),
    ],
)
def test_limits_are_told_apart_with_the_time_to_come_back(
    status: int, headers: dict[str, str], body: bytes, limited: Limited
) -> None:
    assert limit_of(status, DATE | headers, body) == limited


@pytest.mark.parametrize(
    "nonsense", ["soon", "-5", "5.5", "", " ", "²", "0x10", "9" * 5_000, "Mon, 99 Foo 0000", "\x00"]
)
def test_nonsense_tells_nothing(nonsense: str) -> None:
    headers = {"retry-after": nonsense, "x-ratelimit-remaining": "0", "x-ratelimit-reset": nonsense, "date": nonsense}
    assert limit_of(429, headers, b"") == Limited(secondary=False, pause_s=None)


def test_reset_counts_from_our_own_clock_where_theirs_is_not_told() -> None:
    headers = USED_UP | {"x-ratelimit-reset": str(int(datetime.now(UTC).timestamp()) + 1_000)}
    limited = limit_of(403, headers, b"")
    assert limited is not None
    assert limited.pause_s == pytest.approx(1_000, abs=10)


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class _ClockedDeadline(Deadline):
    """Pauses by setting the clock."""

    def __init__(self, clock: _Clock, seconds: float | None = None) -> None:
        super().__init__(seconds, clock)
        self.clock = clock

    def sleep(self, seconds: float) -> None:
        self.check()
        self.clock.now_s += seconds


def _memory(max_wait_s: float = 10.0) -> tuple[LimitMemory, _Clock]:
    clock = _Clock()
    return LimitMemory("https://api.github.com", max_wait_s, clock), clock


def test_nothing_is_waited_for_without_a_limit() -> None:
    memory, clock = _memory()
    memory.wait(_ClockedDeadline(clock))
    assert clock.now_s == 1_000.0


def test_short_pause_is_sat_out() -> None:
    memory, clock = _memory()
    memory.remember(Limited(secondary=True, pause_s=10.0))
    memory.wait(_ClockedDeadline(clock))
    assert clock.now_s == 1_010.0


def test_long_pause_is_reported_at_once_and_to_everyone_until_it_is_over() -> None:
    memory, clock = _memory()
    memory.remember(Limited(secondary=False, pause_s=100.0))
    for passed_s in (0.0, 50.0):
        clock.now_s = 1_000.0 + passed_s
        with pytest.raises(SourceRateLimited) as raised:
            memory.wait(_ClockedDeadline(clock))
        assert raised.value.retry_after_s == pytest.approx(100.0 - passed_s)
        distance_s = (raised.value.reset_at - datetime.now(UTC)).total_seconds()
        assert distance_s == pytest.approx(100.0 - passed_s, abs=10)
        assert "secondary" not in str(raised.value)
    clock.now_s = 1_100.0
    memory.wait(_ClockedDeadline(clock))


def test_pause_that_outlasts_the_deadline_is_reported_at_once() -> None:
    memory, clock = _memory()
    memory.remember(Limited(secondary=True, pause_s=5.0))
    with pytest.raises(SourceRateLimited, match="secondary"):
        memory.wait(_ClockedDeadline(clock, 4.0))
    assert clock.now_s == 1_000.0


def test_cancelled_deadline_goes_before_the_limit() -> None:
    memory, clock = _memory()
    memory.remember(Limited(secondary=True, pause_s=5.0))
    deadline = _ClockedDeadline(clock)
    deadline.cancel()
    with pytest.raises(DeadlineExceeded):
        memory.wait(deadline)


def test_pause_that_is_not_told_is_a_minute_and_doubles_until_an_answer_comes() -> None:
    memory, clock = _memory()
    untold = Limited(secondary=True, pause_s=None)
    for expected_s in (60.0, 120.0, 240.0):
        memory.remember(untold)
        memory.remember(untold)  # of a request that was under way at the same time
        assert memory.error().retry_after_s == expected_s
        clock.now_s += expected_s
    memory.forget()
    memory.remember(untold)
    assert memory.error().retry_after_s == 60.0


def test_pause_never_gets_shorter_by_a_later_refusal() -> None:
    memory, _ = _memory()
    memory.remember(Limited(secondary=True, pause_s=50.0))
    memory.remember(Limited(secondary=True, pause_s=1.0))
    assert memory.error().retry_after_s == 50.0


def test_pause_that_is_not_told_stops_doubling_at_a_day() -> None:
    memory, clock = _memory()
    for _ in range(2_000):
        memory.remember(Limited(secondary=True, pause_s=None))
        clock.now_s += memory.error().retry_after_s
    memory.remember(Limited(secondary=True, pause_s=None))
    assert memory.error().retry_after_s <= LONGEST_PAUSE_S
