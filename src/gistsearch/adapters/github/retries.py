"""The one retry policy: a few tries with growing pauses, within the deadline."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import SourceError

TRIES = 3
"""How often a request is sent before its failure is final, as in other good clients of GitHub."""

_log = logging.getLogger(__name__)


class RetryableError(Exception):
    """Indicates a failure that another try may mend. It never leaves the adapter; its `final` error may."""

    def __init__(self, final: SourceError, *, counts: bool = True) -> None:
        """
        Args:
            final: what to raise when no try is left.
            counts: whether it uses up a try. A rate limit does not: `RateLimitState` decides how long to bear with it.
        """
        super().__init__(str(final))
        self.final = final
        self.counts = counts


class Attempts:
    """The tries of one piece of work."""

    def __init__(
        self,
        what: str,
        deadline: Deadline,
        first_pause_s: float,
        tries: int = TRIES,
        on_retry: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            what: names the work in the log.
            deadline: ends the pauses.
            first_pause_s: the longest pause after the first failure. It doubles with each one, and is shortened at
                random by up to a half: clients that fail together should not come back together.
            tries: how many there are.
            on_retry: is called before each further try.
        """
        self._what = what
        self._deadline = deadline
        self._pause_s = first_pause_s
        self._left = tries
        self._on_retry = on_retry

    def failed(self, failure: RetryableError) -> None:
        """Pause before the next try.

        Raises:
            SourceError: no try is left; this is the failure's `final` error.
            DeadlineExceeded: there is no time for another try.
        """
        self._deadline.check()
        self._left -= failure.counts
        if self._left <= 0:
            raise failure.final from failure
        self._on_retry()
        if failure.counts:
            pause_s = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, protects no secret
            self._pause_s *= 2
            _log.info("%s: %s; trying again in %.1f s", self._what, failure, pause_s)
            self._deadline.sleep(pause_s)
