"""The journal port: what a long run writes down, so that another one can go on where it was."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attrs import frozen


class JournalError(Exception):
    """Indicates that a journal cannot be read or written. The message is meant for users."""


class Outcome(StrEnum):
    """How the search of one user ended. These identifiers are stable."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """Something was not searched."""
    FAILED = "failed"
    """Nothing could be listed, or the search was lost."""
    UNKNOWN_USER = "unknown-user"


@frozen
class UserRecord:
    """One user whose search has ended, and whose matches have been reported."""

    username: str
    outcome: Outcome
    searched_at: datetime
    """When the search began, by the clock of this machine. With a time zone."""
    latest_update: datetime | None
    """When the gist that was updated last was, by the source's clock; None if there is none. With a time zone."""
    matched: bool
    """Whether anything was reported."""


@frozen
class RunEnded:
    """The end of a run that went through all of its users."""


JournalRecord = UserRecord | RunEnded


class Journal(Protocol):
    """A list of records that can be continued. It belongs to one run at a time."""

    @abstractmethod
    def records(self) -> Iterator[JournalRecord]:
        """Yield everything that was written, in order, also before the process was killed at any moment.

        Raises:
            JournalError: it cannot be read.
        """
        raise NotImplementedError

    @abstractmethod
    def write(self, record: JournalRecord) -> None:
        """Add a record. When this returns, it survives the end of the process.

        Raises:
            JournalError: it cannot be written.
        """
        raise NotImplementedError
