"""Rate limits: how an answer tells of one, how long it lasts, and the memory that keeps us from asking meanwhile.

After GitHub REST, "Rate limits" and "Best practices for using the REST API".
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast

from attrs import frozen

from gistsearch.ports.gists import Deadline, SourceRateLimited

UNTOLD_PAUSE_S = 60.0
"""How long to wait where the answer does not tell; it doubles each time ("wait for at least one minute")."""
LONGEST_PAUSE_S = 86_400.0
"""Longer than GitHub's limits last, so that a nonsensical header shuts nobody out for good."""

_SECONDS = re.compile(r"\s*([0-9]{1,12})\s*")
_PRIMARY_MESSAGE = "API rate limit exceeded"
_SECONDARY_MESSAGES = ("You have exceeded a secondary rate limit", "You have triggered an abuse detection mechanism")
_SECONDARY_PAGES = ("secondary-rate-limits", "#abuse-rate-limits")
_MOST_DOUBLINGS = 10


@frozen
class Limited:
    """What an answer says of a limit."""

    secondary: bool
    """Whether it is the limit on bursts, not the one on requests an hour."""
    pause_s: float | None
    """How long to wait, or None where the answer does not tell."""


def limit_of(status: int, headers: Mapping[str, str], body: bytes) -> Limited | None:
    """Tell whether an answer refuses because of a limit; return None where it does not.

    Args:
        status: of the answer; a limit comes as 403 or 429.
        headers: by names in lower case (or any case, where the mapping allows).
        body: of the answer, or its beginning.
    """
    message, page = _told(body)
    secondary = message.startswith(_SECONDARY_MESSAGES) or page.endswith(_SECONDARY_PAGES)
    used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    primary = used_up or message.startswith(_PRIMARY_MESSAGE)
    if status != 429 and not (status == 403 and (primary or secondary or "retry-after" in headers)):
        return None
    return Limited(secondary or not primary, _pause_s(headers, used_up=used_up))


def _told(body: bytes) -> tuple[str, str]:
    """Return the message of an error and the address of the page that explains it, where there are any."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    told = cast("dict[str, object]", told)
    return str(told.get("message")), str(told.get("documentation_url"))


def _pause_s(headers: Mapping[str, str], *, used_up: bool) -> float | None:
    now = _date(headers.get("date")) or datetime.now(UTC)  # Theirs where it is told: our clock may be wrong.
    pause_s: float | None = None
    if after := headers.get("retry-after"):
        seconds, date = _SECONDS.fullmatch(after), _date(after)
        pause_s = float(seconds[1]) if seconds else (date - now).total_seconds() if date else None
    if pause_s is None and used_up and (reset := _SECONDS.fullmatch(headers.get("x-ratelimit-reset", ""))):
        pause_s = float(reset[1]) - now.timestamp() + 1.0  # The reset is told in whole seconds.
    return None if pause_s is None else min(max(pause_s, 0.0), LONGEST_PAUSE_S)


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class LimitMemory:
    """Until when one origin refuses requests. To go on asking it meanwhile could get us banned."""

    def __init__(self, origin: str, max_wait_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            origin: its name, for messages.
            max_wait_s: the longest pause that is sat out; a longer one is reported.
            clock: monotonic seconds.
        """
        self._origin = origin
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._secondary = False
        self._untold = 0

    @property
    def lasts(self) -> bool:
        """Whether the origin refuses requests at this moment."""
        return self._until > self._clock()

    def wait(self, deadline: Deadline) -> None:
        """Return as soon as the origin may be asked: mostly at once.

        Raises:
            SourceRateLimited: at once, where that would take too long.
            DeadlineExceeded: it was cancelled during the pause.
        """
        while (pause_s := self.pause_s(deadline)) > 0.0:
            deadline.sleep(pause_s)

    def pause_s(self, deadline: Deadline) -> float:
        """Return how long to wait before the origin may be asked: mostly 0.0 seconds.

        Raises:
            SourceRateLimited: that is too long.
            DeadlineExceeded: it is over.
        """
        pause_s = self._until - self._clock()
        if pause_s <= 0.0:
            return 0.0
        if pause_s > self._max_wait_s or pause_s >= deadline.remaining_s():
            deadline.check()
            raise self.error()
        return pause_s

    def remember(self, limited: Limited) -> None:
        """Take note of a refusal that has just come."""
        with self._lock:
            now, pause_s = self._clock(), limited.pause_s
            if pause_s is None:
                if now < self._until:
                    return  # Refusals of requests that were under way together count as one.
                pause_s = min(UNTOLD_PAUSE_S * 2**self._untold, LONGEST_PAUSE_S)
                self._untold = min(self._untold + 1, _MOST_DOUBLINGS)
            self._until = max(self._until, now + pause_s)
            self._secondary = limited.secondary

    def forget(self) -> None:
        """Take note of an answer that is no refusal."""
        self._untold = 0

    def error(self) -> SourceRateLimited:
        """Return what to raise while the origin refuses."""
        pause_s = max(0.0, self._until - self._clock())
        kind = "secondary rate limit" if self._secondary else "rate limit"
        reset_at = datetime.now(UTC) + timedelta(seconds=pause_s)
        return SourceRateLimited(f"the {kind} of {self._origin} is used up", pause_s, reset_at)
