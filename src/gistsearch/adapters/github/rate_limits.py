"""Rate limits: how an answer announces one, and how fast a host may be asked after that.

Sources: GitHub REST, "Rate limits for the REST API" and "Best practices for using the REST API".
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from attrs import frozen

from gistsearch.adapters.github.json_bodies import json_object
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import SourceRateLimited

MAX_PAUSE_S = 86_400.0
"""No longer pause is believed: GitHub's limits do not last that long."""

_NUMBER = re.compile(r"\s*([0-9]{1,12})\s*")
_PRIMARY_MESSAGE = "API rate limit exceeded"
_SECONDARY_MESSAGES = ("You have exceeded a secondary rate limit", "You have triggered an abuse detection mechanism")
_SECONDARY_PAGES = ("secondary-rate-limits", "#abuse-rate-limits")
_MAX_DOUBLINGS = 17

_log = logging.getLogger(__name__)


@frozen
class Limited:
    """What an answer says about a rate limit."""

    hourly: bool
    """Whether it is the limit on requests per hour, not one on bursts."""
    pause_s: float | None
    """Seconds to wait, or None if the answer does not say."""


def limit_of(status: int, headers: Mapping[str, str], body: bytes) -> Limited | None:
    """Return the rate limit because of which an answer refuses; None if it does not, or for another reason.

    Args:
        status: of the answer; a limit comes as 403 or 429.
        headers: with names in any case if the mapping allows, else in lower case.
        body: of the answer, or its beginning.
    """
    error = json_object(body)
    message, page = str(error.get("message")), str(error.get("documentation_url"))
    secondary = message.startswith(_SECONDARY_MESSAGES) or page.endswith(_SECONDARY_PAGES)
    used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    hourly = used_up or message.startswith(_PRIMARY_MESSAGE)
    if status != 429 and not (status == 403 and (hourly or secondary or "retry-after" in headers)):
        return None
    pause_s = retry_after_s(headers)
    if pause_s is None and used_up and (reset := _NUMBER.fullmatch(headers.get("x-ratelimit-reset", ""))):
        pause_s = _bounded(float(reset[1]) + 1.0 - _now(headers).timestamp())  # The reset is given in whole seconds.
    return Limited(hourly and not secondary, pause_s)


def quota_of(headers: Mapping[str, str]) -> tuple[int, int, int] | None:
    """Return what an answer says about the hourly limit: requests left, the limit, and when it is reset (a Unix
    timestamp); None if it does not say all of it.
    """
    names = ("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset")
    values = [_NUMBER.fullmatch(headers.get(name, "")) for name in names]
    remaining, limit, resets_at = (int(value[1]) if value else None for value in values)
    return None if remaining is None or limit is None or resets_at is None else (remaining, limit, resets_at)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3); None without a valid one."""
    value = headers.get("retry-after", "")
    if seconds := _NUMBER.fullmatch(value):
        return _bounded(float(seconds[1]))
    date = _date(value)
    return _bounded((date - _now(headers)).total_seconds()) if date else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_PAUSE_S)


def _now(headers: Mapping[str, str]) -> datetime:
    """Return the host's time, or ours if it does not say; ours may be wrong."""
    return _date(headers.get("date", "")) or datetime.now(UTC)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class RateLimitState:
    """How fast one host may be asked, for all threads of the process.

    Requests are only slowed down after the host has refused one. Then all of them pause: as long as the host asks, or
    else a while that doubles with each refusal in a row. After that, half as many as before may be under way at once,
    and one more each time that so many have succeeded (additive increase, multiplicative decrease).
    """

    def __init__(
        self,
        host: str,
        at_once: int,
        first_pause_s: float,
        max_wait_s: float,
        remedy: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            host: its name, for messages.
            at_once: how many requests may be under way at once, at most.
            first_pause_s: the first pause if the host does not say how long it should be.
            max_wait_s: the longest pause that is waited out; a longer one is reported at once.
            remedy: what lifts the hourly limit, as the end of a sentence.
            clock: returns monotonic seconds.
        """
        self._host = host
        self.at_once = at_once
        self._first_pause_s = first_pause_s
        self._max_wait_s = max_wait_s
        self._remedy = remedy
        self._clock = clock
        self._changed = threading.Condition()
        self._allowed = float(at_once)
        self._under_way = 0
        self._paused_until = 0.0
        self._refusals = 0  # in a row
        self._is_hourly = False

    def enter(self, deadline: Deadline, patience_s: float) -> bool:
        """Wait up to `patience_s` seconds until a request may be sent. Returns whether it may; then `leave` after it.

        Raises:
            SourceRateLimited: at once, if that would take longer than `max_wait_s` or the deadline allows.
            DeadlineExceeded: the deadline has passed.
        """
        gives_up_at = self._clock() + patience_s
        with self._changed:
            while True:
                deadline.check()
                pause_s = max(0.0, self._paused_until - self._clock())
                if pause_s > self._max_wait_s or pause_s >= deadline.remaining_s():
                    raise self.error()
                if not pause_s and self._under_way < max(1, int(self._allowed)):
                    self._under_way += 1
                    return True
                if (wait_s := gives_up_at - self._clock()) <= 0.0:
                    return False
                self._changed.wait(min(wait_s, pause_s or wait_s))

    def leave(self) -> None:
        """Take note that a request is over."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify()

    def succeeded(self) -> None:
        """Take note of an answer that is not a refusal."""
        if self._allowed < self.at_once or self._refusals:
            with self._changed:
                self._refusals = 0
                self._allowed = min(self._allowed + 1.0 / self._allowed, self.at_once)
                self._changed.notify()

    def refused(self, limited: Limited) -> None:
        """Take note of a refusal that has just come."""
        with self._changed:
            pause_s = limited.pause_s or self._first_pause_s * 2 ** min(self._refusals, _MAX_DOUBLINGS)
            if self._clock() >= self._paused_until:  # Refusals of requests that were under way together count as one.
                self._refusals += 1
                self._allowed = max(1.0, self._allowed / 2)
            elif not limited.pause_s:
                return
            self._pause(pause_s)
            self._is_hourly = limited.hourly

    def pause(self, seconds: float) -> bool:
        """Have all requests wait, unless that is longer than `max_wait_s`. Returns whether they do."""
        if seconds > self._max_wait_s:
            return False
        with self._changed:
            self._pause(seconds)
        return True

    def error(self) -> SourceRateLimited:
        """Return what to raise while the host refuses requests."""
        pause_s = max(0.0, self._paused_until - self._clock())
        wait = f"{pause_s:.0f} s" if pause_s < 120.0 else f"{pause_s / 60.0:.0f} min"
        message = f"{self._host} limits the rate of requests and refuses them for another {wait}"
        if self._is_hourly:
            message = f"the hourly limit of {self._host} is used up for another {wait}{self._remedy}"
        return SourceRateLimited(message, pause_s, datetime.now(UTC) + timedelta(seconds=pause_s))

    def _pause(self, seconds: float) -> None:
        _log.warning("%s: no requests for %.0f s, then at most %d at once", self._host, seconds, int(self._allowed))
        self._paused_until = max(self._paused_until, self._clock() + min(seconds, MAX_PAUSE_S))
