"""What can be observed of the traffic with GitHub, as for metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class HostObserver(Protocol):
    """Observes the traffic with one kind of host. A subclass takes note of what it wants to.

    Methods are called by many threads, in the middle of requests: they have to be quick, and must not raise.
    """

    def connected(self) -> None:
        """Note that a connection was opened."""

    def disconnected(self) -> None:
        """Note that a connection was closed."""

    def answered(self, status: int) -> None:
        """Note that the head of an answer came, a redirect's and a refusal's included."""

    def failed(self) -> None:
        """Note that a request had no proper answer."""

    def retried(self) -> None:
        """Note that a piece of work is tried again."""

    def received(self, size: int) -> None:
        """Note that so many bytes of a body came."""

    def quota(self, remaining: int, limit: int, resets_at: int) -> None:
        """Note what the host says about its limit on requests.

        Args:
            remaining: how many requests are left.
            limit: how many there were at the beginning of the period.
            resets_at: when the next period begins, as a Unix timestamp.
        """


class Unobserved(HostObserver):
    """Observes nothing."""


Observe = Callable[[str], HostObserver]
"""Returns the observer of a kind of host: `api` or `raw`."""
