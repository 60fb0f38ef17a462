"""The engine port: what runs the searches of many users, in this process or on other machines."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator
from typing import Generic, Protocol, TypeVar

from attrs import frozen

Q = TypeVar("Q")
"""What is asked of one search. Engines carry it and do not look into it."""
E = TypeVar("E")
"""What a search reports. Engines carry it and do not look into it."""


class EngineFailed(Exception):
    """Indicates that an engine could not run a search to its end. The message is meant for users."""


@frozen
class Batch(Generic[Q, E]):
    """Some of what one search reports, in order."""

    query: Q
    """Which search it is: the object that the engine was given."""
    events: tuple[E, ...]
    attempt: int = 0
    """How often the search was begun before. In a later attempt, it reports everything again."""
    ended: bool = False
    """Whether this is the search's last batch."""
    error: EngineFailed | None = None
    """Why the search ended early, if it did."""


class SearchEngine(Protocol[Q, E]):
    """Runs searches, several at a time."""

    @abstractmethod
    def run(self, queries: Iterator[Q]) -> Generator[Batch[Q, E], None, None]:
        """Run a search for each query.

        Implementers must:

        - take a query only when its search can begin soon, as there may be very many, or none until others have ended;
        - yield batches of a bounded size soon after they are known, those of one search in order, the last one with
          `ended`; never a batch of an earlier attempt after one of a later attempt;
        - begin a search again if what ran it is lost, and end it with an error if that happens repeatedly;
        - let a slow consumer slow the searches, so that memory does not grow;
        - cancel all searches when the generator is closed.

        Args:
            queries: each one different. They are taken in the thread that takes the batches.

        Raises (late):
            EngineFailed: no search can be run any more. Those that have begun and not ended are lost.
            Exception: a search raised it, which is a bug in it.
        """
        raise NotImplementedError
