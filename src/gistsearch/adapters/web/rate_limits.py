"""Limits on how many users a client may have searched in a period of time."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from flask import Response, g
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, SlidingWindowCounterSupport, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import TOO_MANY_REQUESTS

_log = logging.getLogger(__name__)


class RateLimit:
    """A number of users for each client and period, counted in a sliding window.

    If the counters are kept in Redis and that cannot be reached, they are kept in this process until it can be: a
    service that answers is worth more than a limit that is exact.
    """

    def __init__(self, rate: str, storage_url: str = "memory://") -> None:
        """
        Args:
            rate: such as `60/minute`.
            storage_url: where the counters are kept: `memory://`, or `redis://HOST:PORT`, which replicas can share.

        Raises:
            ValueError: the rate cannot be read, the storage is not known, or its package is not installed.
        """
        self._rate: RateLimitItem = parse(rate)
        self._policy = f'"default";q={self._rate.amount};w={self._rate.get_expiry()}'
        try:
            shared = storage_from_string(storage_url, wrap_exceptions=True, **_options(storage_url))
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        self._shared = SlidingWindowCounterRateLimiter(cast("Storage", shared))
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def amount(self) -> int:
        """The most users that one search can have."""
        return self._rate.amount

    def count(self, client: str, users: int) -> None:
        """Count a request of a client, and have the answer say how many users are left.

        Args:
            client: who makes the request.
            users: how many users it searches.

        Raises:
            Refused: they are too many. None of them is counted.
        """
        try:
            self._count(self._shared, client, users)
        except StorageError as error:
            _log.warning("rate limits are counted in this process alone: %s", error)
            self._count(self._own, client, users)

    def _count(self, limiter: SlidingWindowCounterRateLimiter, client: str, users: int) -> None:
        allowed = limiter.hit(self._rate, client, cost=users)
        stats = limiter.get_window_stats(self._rate, client)
        reset_s = max(0, math.ceil(stats.reset_time - time.time()))
        g.rate_limit_headers = {
            "RateLimit-Policy": self._policy,
            "RateLimit": f'"default";r={stats.remaining};t={reset_s}',
        }
        if not allowed:
            period_s = self._rate.get_expiry()
            window = cast("SlidingWindowCounterSupport", limiter.storage).get_sliding_window(
                self._rate.key_for(client), period_s
            )
            detail = (
                f"A client may search {self.amount} users in {period_s} s. This request counts as {users}, and "
                f"{stats.remaining} are left."
            )
            wait_s = until_allowed_s(window, users, self.amount, period_s)
            raise Refused(Problem(TOO_MANY_REQUESTS, detail, retry_after_s=math.floor(wait_s) + 1))


def until_allowed_s(window: tuple[int, float, int, float], cost: int, limit: int, period_s: float) -> float:
    """Return the seconds after which a client may make a request that it may not make now, if it makes no other.

    The limiter estimates the count in the sliding window as the count in the current period plus that in the previous
    one, multiplied by the share of it that the window covers.

    Args:
        window: the count in the previous period, the seconds of it in the window, the count in the current period, and
            the seconds for which that is kept, which are one period longer.
        cost: what the request counts; at most `limit`.
        limit: what the estimated count and the cost may be together.
        period_s: the length of a period and of the window.
    """
    previous, previous_left_s, current, current_left_s = window
    room = limit - cost + 1  # The estimate, rounded down, leaves room for the cost if it is below this.
    if current >= room:
        return current_left_s - period_s * room / current
    return max(0.0, previous_left_s - period_s * (room - current) / previous) if previous else 0.0


def add_rate_limit_headers(response: Response) -> Response:
    """Have an answer say what is left of the client's limit (draft-ietf-httpapi-ratelimit-headers)."""
    response.headers.update(g.get("rate_limit_headers", {}))
    return response


def _options(storage_url: str) -> dict[str, float]:
    """Return options of the client: one that waits for Redis without end would hold the thread of each request."""
    waits_for_network = storage_url.startswith(("redis", "valkey"))
    return {"socket_connect_timeout": 1.0, "socket_timeout": 1.0} if waits_for_network else {}
