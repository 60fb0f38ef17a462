"""Rate limits as an answer announces them.

Sources: GitHub REST, "Rate limits for the REST API" and "Best practices for using the REST API".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen

from gistsearch.adapters.github.json_bodies import json_object
from gistsearch.adapters.github.tokens import MAX_PAUSE_S, Quota

_NUMBER = re.compile(r"\s*([0-9]{1,12})\s*")
_PRIMARY_MESSAGE = "API rate limit exceeded"
_SECONDARY_MESSAGES = ("You have exceeded a secondary rate limit", "You have triggered an abuse detection mechanism")
_SECONDARY_PAGES = ("secondary-rate-limits", "#abuse-rate-limits")


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
        pause_s = _seconds_until(int(reset[1]), headers)
    return Limited(hourly and not secondary, pause_s)


def quota_of(headers: Mapping[str, str]) -> Quota | None:
    """Return what an answer says about the hourly limit; None if it does not say all of it."""
    names = ("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset")
    values = [_NUMBER.fullmatch(headers.get(name, "")) for name in names]
    remaining, limit, resets_at = (int(value[1]) if value else None for value in values)
    if remaining is None or limit is None or resets_at is None:
        return None
    return Quota(remaining, limit, resets_at, _seconds_until(resets_at, headers))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3); None without a valid one."""
    value = headers.get("retry-after", "")
    if seconds := _NUMBER.fullmatch(value):
        return _bounded(float(seconds[1]))
    date = _date(value)
    return _bounded((date - _now(headers)).total_seconds()) if date else None


def _seconds_until(resets_at: int, headers: Mapping[str, str]) -> float:
    return _bounded(resets_at + 1.0 - _now(headers).timestamp())  # The reset is given in whole seconds.


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
