"""Tokens, and what is known of each: its hourly limit, and whether it is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

MAX_PAUSE_S = 86_400.0
"""No longer pause is believed: GitHub's limits do not last that long."""
_MAX_DOUBLINGS = 17


class Quota(NamedTuple):
    """What an answer says about an hourly limit."""

    remaining: int
    """How many requests are left."""
    limit: int
    """How many there are at the beginning of each period."""
    resets_at: int
    """When the next period begins, as a Unix timestamp."""
    resets_in_s: float
    """The same in seconds from now, by the host's clock."""


class Pause:
    """How long to send nothing: as long as the host asks, or a while that doubles with each refusal in a row."""

    def __init__(self, first_s: float) -> None:
        self._first_s = first_s
        self._until_s = 0.0
        self.refusals = 0
        """How many there were in a row."""

    def left_s(self, now_s: float) -> float:
        """Return how many seconds it still lasts."""
        return max(0.0, self._until_s - now_s)

    def refused(self, pause_s: float | None, now_s: float) -> bool:
        """Begin or extend it. Returns whether it begins: refusals of requests that were under way together are one."""
        if pause_s:
            begins = self.extend(pause_s, now_s)
        else:
            doubled_s = self._first_s * 2 ** min(self.refusals, _MAX_DOUBLINGS)
            begins = not self.left_s(now_s) and self.extend(doubled_s, now_s)
        self.refusals += begins
        return begins

    def extend(self, seconds: float, now_s: float) -> bool:
        """Let it last so many seconds from now, if that is longer. Returns whether it begins."""
        was_over = not self.left_s(now_s)
        self._until_s = max(self._until_s, now_s + min(seconds, MAX_PAUSE_S))
        return was_over and bool(self.left_s(now_s))


class Token:
    """A token, or its absence, which has an hourly limit as well. Guarded by the lock of `RateLimitState`."""

    def __init__(self, value: str | None, name: str, first_pause_s: float) -> None:
        """
        Args:
            value: the token; None for none.
            name: what messages call it.
            first_pause_s: see `Pause`.
        """
        self.headers: Mapping[str, str] = {} if value is None else {"Authorization": f"Bearer {value}"}
        self.name = name
        self.pause = Pause(first_pause_s)
        """While its hourly limit is used up."""
        self.under_way = 0
        """Requests that are sent with it, and not over."""
        self.refused_at_s: float | None = None
        """When it was set aside; None if it is in use."""
        self.is_reported = False
        """Whether that was reported."""
        self.quota: Quota | None = None
        """What the last answer said."""
        self._refilled_at_s = 0.0

    def note(self, quota: Quota, now_s: float) -> bool:
        """Take note of what an answer says. Returns whether its limit is used up now, and was not before."""
        self.quota = quota
        self._refilled_at_s = now_s + quota.resets_in_s
        return not quota.remaining and self.pause.extend(quota.resets_in_s, now_s)

    def remaining(self, now_s: float) -> float:
        """Return how many requests are left of its hourly limit; infinite if nothing is known about that."""
        if self.quota is None:
            return float("inf")
        return self.quota.limit if now_s >= self._refilled_at_s else self.quota.remaining


def usable(tokens: Iterable[Token], refusing: Collection[Token]) -> list[Token]:
    """Return the tokens with which a request can be tried.

    If all are set aside, one of them is tried once for each request: it may be accepted again.

    Args:
        tokens: all of them.
        refusing: those with which this request was refused.
    """
    in_use = [token for token in tokens if token.refused_at_s is None and token not in refusing]
    return in_use if in_use or refusing else [min(tokens, key=lambda token: token.refused_at_s or 0.0)]


def best(tokens: Iterable[Token], now_s: float) -> Token | None:
    """Return the token with most left of its hourly limit, or None if all are used up."""
    ready = [token for token in tokens if not token.pause.left_s(now_s)]
    return max(ready, key=lambda token: (token.remaining(now_s) - token.under_way, -token.under_way), default=None)
