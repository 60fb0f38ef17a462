"""The one retry policy: a few tries, with pauses that grow, within the deadline."""

from __future__ import annotations

import random

from attrs import frozen

from gistsearch.ports.gists import Deadline, SourceError

TRIES = 3
"""As good clients of GitHub do."""


class Transient(Exception):
    """Indicates a failure that another try may mend. It never leaves the adapter; its `verdict` may."""

    def __init__(self, verdict: SourceError) -> None:
        """
        Args:
            verdict: what to raise when no try is left.
        """
        super().__init__(str(verdict))
        self.verdict = verdict


@frozen
class RetryPolicy:
    """How often something is tried, and how long the pauses are: doubling, and shortened at random by up to a half."""

    first_pause_s: float
    tries: int = TRIES

    def start(self, deadline: Deadline) -> Tries:
        """Return a count of its own for one thing to do."""
        return Tries(self, deadline)

    def pause_s(self, failures: int) -> float:
        """Return how long to wait after so many failures."""
        return self.first_pause_s * 2 ** (failures - 1) * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, hides nothing


class Tries:
    """Counts the tries of one thing to do."""

    def __init__(self, policy: RetryPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._failures = 0

    def failed(self, failure: Transient) -> None:
        """Pause before the next try.

        Raises:
            SourceError: the failure's verdict, when no try is left.
            DeadlineExceeded: there is no time for another one.
        """
        self._failures += 1
        if self._failures >= self._policy.tries:
            raise failure.verdict from failure
        self._deadline.sleep(self._policy.pause_s(self._failures))
