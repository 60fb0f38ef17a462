"""The end of a server process: no new searches, time for those in progress, then the rest as partial."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import SHUTTING_DOWN

POLL_S = 0.05
RETRY_AFTER_S = 1


class Lifecycle:
    """Whether the process takes new searches."""

    def __init__(self, searches_in_progress: Callable[[], int], shut_down: Callable[[], None]) -> None:
        """
        Args:
            searches_in_progress: returns how many searches there are.
            shut_down: ends them at once, as partial.
        """
        self._searches_in_progress = searches_in_progress
        self._shut_down = shut_down
        self._draining = Event()

    @property
    def is_draining(self) -> bool:
        """Whether the process is about to end."""
        return self._draining.is_set()

    def check(self) -> None:
        """Return if new searches are taken.

        Raises:
            Refused: the process is about to end.
        """
        if self.is_draining:
            raise shutting_down()

    def drain(self, seconds: float) -> None:
        """Take no new searches, and return when those in progress have ended.

        Args:
            seconds: how long they may go on. Then they end as partial, with the reason `shutdown`.
        """
        self._draining.set()
        due_s = time.monotonic() + seconds
        while self._searches_in_progress() and time.monotonic() < due_s:
            time.sleep(POLL_S)
        self._shut_down()


def shutting_down() -> Refused:
    """Return the refusal of a process that is about to end."""
    problem = Problem(SHUTTING_DOWN, "The service is shutting down.", retry_after_s=RETRY_AFTER_S)
    return Refused(problem, {"Connection": "close"})
