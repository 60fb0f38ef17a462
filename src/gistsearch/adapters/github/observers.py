"""What can be observed of the traffic with GitHub, as for metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol


class HostObserver(Protocol):
    """Observes the traffic with one kind of host.

    Methods are called by many threads, in the middle of requests: they have to be quick, and must not raise.
    """

    @abstractmethod
    def connected(self) -> None:
        """Note that a connection was opened."""
        raise NotImplementedError

    @abstractmethod
    def disconnected(self) -> None:
        """Note that a connection was closed."""
        raise NotImplementedError

    @abstractmethod
    def answered(self, status: int) -> None:
        """Note that the head of an answer came, a redirect's and a refusal's included."""
        raise NotImplementedError

    @abstractmethod
    def failed(self) -> None:
        """Note that a request had no proper answer."""
        raise NotImplementedError

    @abstractmethod
    def retried(self) -> None:
        """Note that a piece of work is tried again."""
        raise NotImplementedError

    @abstractmethod
    def received(self, size: int) -> None:
        """Note that so many bytes of a body came."""
        raise NotImplementedError

    @abstractmethod
    def quota(self, remaining: int, limit: int, resets_at: int) -> None:
        """Note what the host says about its limit on requests.

        Args:
            remaining: how many requests are left.
            limit: how many there were at the beginning of the period.
            resets_at: when the next period begins, as a Unix timestamp.
        """
        raise NotImplementedError


class Unobserved(HostObserver):
    """Observes nothing."""

    def connected(self) -> None:
        pass

    def disconnected(self) -> None:
        pass

    def answered(self, status: int) -> None:
        pass

    def failed(self) -> None:
        pass

    def retried(self) -> None:
        pass

    def received(self, size: int) -> None:
        pass

    def quota(self, remaining: int, limit: int, resets_at: int) -> None:
        pass


Observe = Callable[[str], HostObserver]
"""Returns the observer of a kind of host: `api` or `raw`."""
