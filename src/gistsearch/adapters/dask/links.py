"""A client's side of one worker: what it was given to search, and how much more it can take."""

from __future__ import annotations

import uuid
from typing import Generic, TypeVar

from attrs import Factory, define

Q = TypeVar("Q")


@define(eq=False)
class Job(Generic[Q]):
    """A query whose search has not ended."""

    query: Q
    attempt: int = 0
    """How often its worker was lost."""


@define(eq=False)
class Link(Generic[Q]):
    """A worker in use. At most one message to it is unanswered at any time."""

    worker: str
    """Its address."""
    session: str = Factory(lambda: uuid.uuid4().hex)
    threads: int = 0
    """How many searches it runs at once; 0 until it has answered."""
    is_busy: bool = True
    """Whether a message to it is unanswered."""
    under_way: dict[int, Job[Q]] = Factory(dict[int, Job[Q]])
    """By number."""
    unsent: list[tuple[int, Q]] = Factory(list[tuple[int, Q]])
    """Those of them that the worker does not know yet."""
    spare: int = 0
    """How many more it is given than it has threads, so that it need not wait for the next message: twice as many as
    ended since the last one. Long searches wait where they can still be given to another worker.
    """

    @property
    def room(self) -> int:
        """How many more searches it can be given now."""
        return 0 if self.is_busy else self.threads + self.spare - len(self.under_way)

    def give(self, number: int, job: Job[Q]) -> None:
        """Have the worker search with the next message."""
        self.under_way[number] = job
        self.unsent.append((number, job.query))

    def take_unsent(self) -> list[tuple[int, Q]]:
        """Return what goes into the message that is sent now."""
        unsent, self.unsent = self.unsent, []
        self.is_busy = True
        return unsent
