"""Limits on how many searches a client may ask for in a period of time."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from flask import Response, g
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import TOO_MANY_REQUESTS

_log = logging.getLogger(__name__)


class RateLimit:
    """A number of requests for each client and period, counted in a sliding window.

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

    def count(self, client: str) -> None:
        """Count a request of a client, and have the answer say how many are left.

        Raises:
            Refused: it is one too many.
        """
        try:
            allowed, remaining, reset_s = self._hit(self._shared, client)
        except StorageError as error:
            _log.warning("rate limits are counted in this process alone: %s", error)
            allowed, remaining, reset_s = self._hit(self._own, client)
        g.rate_limit_headers = {
            "RateLimit-Policy": self._policy,
            "RateLimit": f'"default";r={remaining};t={reset_s}',
        }
        if not allowed:
            detail = f"This client has made more requests than {self._rate.amount} in {self._rate.get_expiry()} s."
            raise Refused(Problem(TOO_MANY_REQUESTS, detail, retry_after_s=max(1, reset_s)))

    def _hit(self, limiter: SlidingWindowCounterRateLimiter, client: str) -> tuple[bool, int, int]:
        allowed = limiter.hit(self._rate, client)
        stats = limiter.get_window_stats(self._rate, client)
        return allowed, stats.remaining, max(0, math.ceil(stats.reset_time - time.time()))


def add_rate_limit_headers(response: Response) -> Response:
    """Have an answer say what is left of the client's limit (draft-ietf-httpapi-ratelimit-headers)."""
    response.headers.update(g.get("rate_limit_headers", {}))
    return response


def _options(storage_url: str) -> dict[str, float]:
    """Return options of the client: one that waits for Redis without end would hold the thread of each request."""
    waits_for_network = storage_url.startswith(("redis", "valkey"))
    return {"socket_connect_timeout": 1.0, "socket_timeout": 1.0} if waits_for_network else {}
