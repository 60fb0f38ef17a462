"""The content of the users of one search: where it is stored, and storing what is new."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

from gistsearch.domain.jobs import FileJob, StoreJob
from gistsearch.domain.step_pool import StepPool
from gistsearch.domain.steps import Steps
from gistsearch.domain.user_content import UserContent

WAIT_S = 0.1


class Contents:
    """Knows what is stored of the users' content, and has what is new stored."""

    def __init__(self, steps: Steps, pool: StepPool[Any, Any]) -> None:
        """
        Args:
            steps: what jobs do.
            pool: where they do it.
        """
        self._steps = steps
        self._pool = pool
        self._users: dict[str, UserContent] = {}
        self._waiting: deque[Generator[None, None, None]] = deque()  # to be begun
        self._is_storing = False

    def of(self, username: str) -> UserContent:
        """Return the content of a user."""
        return self._users.setdefault(username, UserContent())

    def keep(self, job: FileJob) -> None:
        """Keep the content of a file that was searched, if it is new."""
        if job.new_text is not None:
            username = job.parent.username
            for batch in self.of(username).add(job.file, job.new_text):
                self._begin(self._steps.save(username, batch))
            job.new_text = None

    def save_due(self) -> None:
        """Begin to store what has waited long enough."""
        for username, content in self._users.items():
            for batch in content.take_due():
                self._begin(self._steps.save(username, batch))

    def count_done(self) -> None:
        """Note that a `StoreJob` is done."""
        self._is_storing = False
        self._begin_next()

    def finish(self) -> None:
        """Store what is left, and wait until everything is stored."""
        for username, content in self._users.items():
            for batch in content.take_rest():
                self._begin(self._steps.save(username, batch))
        self._wait()
        for username, content in self._users.items():
            if content.listed and (content.is_new or content.listed.is_new):
                self._begin(self._steps.rewrite(username, content.listed.pages))
        self._wait()

    def _begin(self, steps: Generator[None, None, None]) -> None:
        self._waiting.append(steps)
        self._begin_next()

    def _begin_next(self) -> None:
        """Store one thing after the other: each takes only the room that the others have left."""
        if self._waiting and not self._is_storing:
            self._is_storing = True
            self._pool.advance(StoreJob(), self._waiting.popleft())

    def _wait(self) -> None:
        while self._is_storing:
            step = self._pool.next(WAIT_S)
            if step is not None and isinstance(step.job, StoreJob):
                self.count_done()
