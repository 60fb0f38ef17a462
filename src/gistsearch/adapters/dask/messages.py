"""What a client and a worker send each other."""

from __future__ import annotations

import pickle
from typing import Any

from attrs import field, frozen

STEP = "gistsearch-step"
"""Begins searches, and takes what has been reported since the last step."""
KEEP = "gistsearch-keep"
"""Says that the client still wants what it has asked for."""
CLOSE = "gistsearch-close"
"""Says that it does not."""

RESOURCE = "gistsearch"
"""Dask's name for what workers of gistsearch have and others have not."""

MAX_BATCH_BYTES = 256 * 1024
"""Size above which events are sent in several messages. A single event may be larger."""
REPORT_BYTES = 200
"""What a report takes besides its events."""


@frozen
class Sealed:
    """Bytes that stay out of logs: at level debug, Dask logs every message as Python prints it."""

    data: bytes = field(repr=False)

    @classmethod
    def of(cls, value: object) -> Sealed:
        """Return a value, pickled."""
        return cls(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))

    def open(self) -> Any:
        """Return the value."""
        return pickle.loads(self.data)  # noqa: S301  # Those who can reach a Dask cluster can run code on it anyway.


@frozen
class Report:
    """Some of what one search reports, in order."""

    number: int
    """Which search it is: the client numbers them."""
    events: Sealed | None = None
    """A tuple of events."""
    ended: bool = False
    """Whether this is the search's last report."""
    failure: Sealed | None = None
    """The exception that the search raised, if it did."""

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        return REPORT_BYTES + (len(self.events.data) if self.events else 0)


@frozen
class StepReply:
    """What a worker answers to a step."""

    reports: tuple[Report, ...] = ()
    threads: int = 0
    """How many searches the worker runs at once."""
    refusal: str | None = None
    """Why the worker cannot be used, if it can't. It is meant for users."""
    is_lost: bool = False
    """Whether the worker knows nothing of the earlier steps."""


def sealed_in_pieces(events: tuple[object, ...]) -> list[Sealed]:
    """Return events, in order, in as few pieces as their size allows."""
    whole = Sealed.of(events)
    if len(whole.data) <= MAX_BATCH_BYTES or len(events) == 1:
        return [whole]
    middle = len(events) // 2
    return [*sealed_in_pieces(events[:middle]), *sealed_in_pieces(events[middle:])]


def sealed_error(error: Exception) -> Sealed:
    """Return an exception that can be opened elsewhere, even if this one can't."""
    try:
        sealed = Sealed.of(error)
        sealed.open()
    except Exception:  # noqa: BLE001  # Pickling runs the exception's own code.
        return Sealed.of(RuntimeError(f"{type(error).__name__}: {error}"))
    return sealed
