"""How an answer announces a rate limit, and how a host is asked after that."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from gistsearch.adapters.github.rate_limit_state import RateLimitState
from gistsearch.adapters.github.rate_limits import (
    Limited,
    limit_of,
    quota_of,
    retry_after_s,
)
from gistsearch.adapters.github.tokens import MAX_PAUSE_S, Quota, Token
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import SourceRateLimited

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
    """A status alone is not one, nor a header without its status."""
    assert limit_of(status, headers, body) is None


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("headers", "body", "limited"),
    [
        (USED_UP | _reset(90), b"", Limited(hourly=True, pause_s=91)),
        (USED_UP | _reset(90) | {"retry-after": "5"}, b"", Limited(hourly=True, pause_s=5)),
        (USED_UP | _reset(-90), b"", Limited(hourly=True, pause_s=0)),
        (USED_UP, b"", Limited(hourly=True, pause_s=None)),
        ({}, b'{"message": "API rate limit exceeded for 1.2.3.4."}', Limited(hourly=True, pause_s=None)),
        ({"retry-after": "60"}, b"", Limited(hourly=False, pause_s=60)),
        ({"retry-after": " 60 "}, SECONDARY, Limited(hourly=False, pause_s=60)),
        ({}, SECONDARY, Limited(hourly=False, pause_s=None)),
        (_reset(90) | {"x-ratelimit-remaining": "10"}, SECONDARY, Limited(hourly=False, pause_s=None)),
        ({}, b'{"documentation_url": "https://x/#abuse-rate-limits"}', Limited(hourly=False, pause_s=None)),
        ({}, b'{"documentation_url": "https://x/secondary-rate-limits"}', Limited(hourly=False, pause_s=None)),
        (
            {"retry-after": format_datetime(NOW + timedelta(minutes=2), usegmt=True)},
            b"",
            Limited(hourly=False, pause_s=120),
        ),
        (
            {"retry-after": format_datetime(NOW - timedelta(days=1), usegmt=True)},
            b"",
            Limited(hourly=False, pause_s=0),
        ),
        ({"retry-after": "9" * 12}, b"", Limited(hourly=False, pause_s=MAX_PAUSE_S)),
        (USED_UP | {"x-ratelimit-reset": "9" * 12}, b"", Limited(hourly=True, pause_s=MAX_PAUSE_S)),
    ],
)
def test_limits_are_told_apart_with_the_time_to_come_back(
    status: int, headers: dict[str, str], body: bytes, limited: Limited
) -> None:
    """`Retry-After` comes before the reset."""
    assert limit_of(status, DATE | headers, body) == limited


@pytest.mark.parametrize(
    "nonsense", ["soon", "-5", "5.5", "", " ", "²", "0x10", "9" * 5_000, "Mon, 99 Foo 0000", "\x00"]
)
def test_nonsense_tells_nothing(nonsense: str) -> None:
    """It counts as if it were not there."""
    headers = {"retry-after": nonsense, "x-ratelimit-remaining": "0", "x-ratelimit-reset": nonsense, "date": nonsense}
    assert limit_of(429, headers, b"") == Limited(hourly=True, pause_s=None)


def test_reset_counts_from_our_own_clock_if_theirs_is_not_given() -> None:
    """Which may be wrong."""
    headers = USED_UP | {"x-ratelimit-reset": str(int(datetime.now(UTC).timestamp()) + 1_000)}
    limited = limit_of(403, headers, b"")
    assert limited is not None
    assert limited.pause_s == pytest.approx(1_000, abs=10)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("9" * 12, MAX_PAUSE_S),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("5.5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """Nonsense counts as if it were not there."""
    assert retry_after_s(DATE | {"retry-after": value}) == seconds


class _Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def _state(at_once: int = 8, **arguments: Any) -> tuple[RateLimitState, _Clock]:
    clock = _Clock()
    usual: dict[str, Any] = {"first_pause_s": 1.0, "max_wait_s": 10.0, "clock": clock}
    return RateLimitState("https://api.github.com", at_once, **(usual | arguments)), clock


def _may_enter(state: RateLimitState, seconds: float | None = None) -> bool:
    return state.enter(Deadline(seconds), 0.0) is not None


def _token(state: RateLimitState) -> Token:
    """Return the only token."""
    (token,) = state.tokens
    return token


def _enter_all(state: RateLimitState) -> int:
    """Return how many more requests may be under way now; they are, then."""
    count = 0
    while _may_enter(state):
        count += 1
    return count


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """One that is over makes room for another."""
    state, _ = _state(at_once=3)
    assert _enter_all(state) == 3
    state.leave(_token(state))
    assert _enter_all(state) == 1


def test_waiting_request_goes_when_another_is_over() -> None:
    """At once, not at the end of its patience."""
    state = RateLimitState("host", 1, first_pause_s=1.0, max_wait_s=10.0)
    assert _may_enter(state)
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(state.enter, Deadline(), 60.0)
        state.leave(_token(state))
        assert waiting.result(timeout=10.0)


@pytest.mark.parametrize("pause_s", [0.5, 10.0])
def test_short_pause_is_waited_out(pause_s: float) -> None:
    """Nothing is sent before its end."""
    state, clock = _state()
    state.refused(Limited(hourly=False, pause_s=pause_s), _token(state))
    clock.now_s += pause_s - 0.1
    assert not _may_enter(state)
    clock.now_s += 0.1
    assert _may_enter(state)


def test_pause_ends_while_requests_wait_for_it() -> None:
    """They need not ask again."""
    state = RateLimitState("host", 1, first_pause_s=0.05, max_wait_s=10.0)
    state.refused(Limited(hourly=False, pause_s=None), _token(state))
    assert state.enter(Deadline(10.0), 5.0)


def test_long_pause_is_reported_at_once_and_to_everyone_until_it_is_over() -> None:
    """The message says how long it lasts, the error when it ends."""
    state, clock = _state(remedy="; a token lifts it")
    state.refused(Limited(hourly=True, pause_s=600.0), _token(state))
    for passed_s, words in (
        (0.0, "for another 10 min; a token lifts it"),
        (540.0, "for another 60 s; a token lifts it"),
    ):
        clock.now_s = 1_000.0 + passed_s
        with pytest.raises(SourceRateLimited, match=f"the hourly limit of https://api.github.com .* {words}") as raised:
            _may_enter(state)
        assert raised.value.retry_after_s == pytest.approx(600.0 - passed_s)
        distance_s = (raised.value.reset_at - datetime.now(UTC)).total_seconds()
        assert distance_s == pytest.approx(600.0 - passed_s, abs=10)
    clock.now_s = 1_600.0
    assert _may_enter(state)


def test_pause_that_outlasts_the_deadline_is_reported_at_once() -> None:
    """A limit on bursts has no remedy but time."""
    state, _ = _state(remedy="; a token lifts it")
    state.refused(Limited(hourly=False, pause_s=5.0), _token(state))
    with pytest.raises(SourceRateLimited, match=r"refuses them for another 5 s$"):
        _may_enter(state, 4.0)


def test_deadline_that_has_passed_goes_before_the_limit() -> None:
    """It would be misleading to blame the host."""
    state, _ = _state()
    state.refused(Limited(hourly=False, pause_s=5.0), _token(state))
    with pytest.raises(DeadlineExceeded):
        _may_enter(state, 0.0)


@pytest.mark.parametrize("pause_s", [None, 0.0])
def test_pause_that_is_not_stated_doubles_until_an_answer_comes(pause_s: float | None) -> None:
    """Refusals of requests that were under way at the same time count as one."""
    state, clock = _state()
    for expected_s in (1.0, 2.0, 4.0):
        state.refused(Limited(hourly=False, pause_s=pause_s), _token(state))
        state.refused(Limited(hourly=False, pause_s=pause_s), _token(state))
        assert state.error().retry_after_s == expected_s
        clock.now_s += expected_s
    state.succeeded(_token(state))
    state.refused(Limited(hourly=False, pause_s=pause_s), _token(state))
    assert state.error().retry_after_s == 1.0


def test_pause_never_gets_shorter_by_a_later_refusal() -> None:
    """The longest one counts."""
    state, _ = _state()
    state.refused(Limited(hourly=False, pause_s=50.0), _token(state))
    state.refused(Limited(hourly=False, pause_s=1.0), _token(state))
    assert state.error().retry_after_s == 50.0
    state.refused(Limited(hourly=False, pause_s=60.0), _token(state))
    assert state.error().retry_after_s == 60.0


def test_pause_that_is_not_stated_stops_doubling_at_a_day() -> None:
    """A host that refuses for years is still asked now and then."""
    state, clock = _state()
    for _ in range(2_000):
        state.refused(Limited(hourly=False, pause_s=None), _token(state))
        clock.now_s += state.error().retry_after_s
    state.refused(Limited(hourly=False, pause_s=None), _token(state))
    assert state.error().retry_after_s <= MAX_PAUSE_S


def test_requests_at_once_halve_with_each_refusal_and_grow_by_one_per_round() -> None:
    """Additive increase, multiplicative decrease; never below one, never above the bound."""
    state, clock = _state(at_once=8)

    def allowed() -> int:
        count = _enter_all(state)
        for _ in range(count):
            state.leave(_token(state))
        return count

    for expected in (4, 2, 1, 1):
        state.refused(Limited(hourly=False, pause_s=1.0), _token(state))
        clock.now_s += 1.0
        assert allowed() == expected
    for _ in range(3):
        before = allowed()
        for _ in range(before):
            state.succeeded(_token(state))
        assert before <= allowed() <= before + 1
    assert allowed() >= 3
    for _ in range(100):
        state.succeeded(_token(state))
    assert allowed() == 8


@pytest.mark.parametrize(("seconds", "waits"), [(10.0, True), (11.0, False)])
def test_pause_without_a_limit_is_kept_if_it_is_short(seconds: float, waits: bool) -> None:
    """It does not slow requests down afterwards."""
    state, clock = _state(at_once=2)
    assert state.pause(seconds) is waits
    assert _may_enter(state) is not waits
    clock.now_s += seconds
    assert _enter_all(state) == (2 if waits else 1)


QUOTA = {"x-ratelimit-remaining": "59", "x-ratelimit-limit": "60", "x-ratelimit-reset": "1767225600"}


def test_quota_is_what_three_headers_say() -> None:
    """Requests left, the limit, and when it is reset."""
    now = datetime.fromtimestamp(1_767_225_600 - 90, UTC)
    quota = quota_of(QUOTA | {"date": format_datetime(now, usegmt=True)})
    assert quota == Quota(remaining=59, limit=60, resets_at=1_767_225_600, resets_in_s=91)


@pytest.mark.parametrize("name", QUOTA)
@pytest.mark.parametrize("value", [None, "", "-5", "5.5", "soon", "1" * 13, "\u0663"])
def test_quota_that_makes_no_sense_is_left_out(name: str, value: str | None) -> None:
    """Rather than shown as a number that nobody said."""
    others = {other: text for other, text in QUOTA.items() if other != name}
    assert quota_of(others if value is None else others | {name: value}) is None
