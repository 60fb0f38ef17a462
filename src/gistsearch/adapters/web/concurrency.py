"""Limits on what is in progress at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import TOO_MANY_REQUESTS

RETRY_AFTER_S = 1


class ConcurrencyLimit:
    """How many things of one kind may be in progress, altogether and for one client.

    More are refused at once: a queue would only hide the overload, and hold a connection for it.
    """

    def __init__(self, total: int, per_client: int) -> None:
        self._total = total
        self._per_client = per_client
        self._lock = Lock()
        self._by_client: Counter[str] = Counter()

    @property
    def in_progress(self) -> int:
        """What is in progress now, by weight."""
        return self._by_client.total()

    @contextmanager
    def hold(self, client: str, weight: int = 1) -> Generator[None, None, None]:
        """Count something as in progress for the duration of the context.

        Args:
            client: whose it is.
            weight: what it counts as. If that is more than a limit, it counts as the limit, so that it is possible.

        Raises:
            Refused: it would be more than may be.
        """
        weight = min(weight, self._per_client, self._total)
        with self._lock:
            if self._by_client[client] + weight > self._per_client:
                raise _refused("Too many concurrent requests from this client.")
            if self._by_client.total() + weight > self._total:
                raise _refused("Too many concurrent requests.")
            self._by_client[client] += weight
        try:
            yield
        finally:
            with self._lock:
                self._by_client[client] -= weight
                if not self._by_client[client]:
                    del self._by_client[client]


def _refused(detail: str) -> Refused:
    return Refused(Problem(TOO_MANY_REQUESTS, detail, retry_after_s=RETRY_AFTER_S))
