"""A bound on the files that are open at once."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future

Slot = Future[None]
"""A place in the queue; done once the slot is granted."""


class Slots:
    """Slots for open files, granted in the order of the requests.

    A file keeps its slot while it is retried and while its consumer is busy. The files that a search wants first also
    get their slots first; so those that wait to be reported after an earlier file can't keep that one from its slot.
    """

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._queue: deque[Slot] = deque()

    def request(self) -> Slot:
        """Join the queue. Call `release` in any case."""
        slot = Slot()
        with self._lock:
            self._queue.append(slot)
            self._grant()
        return slot

    def release(self, slot: Slot) -> None:
        """Give up a slot, or the place in the queue."""
        with self._lock:
            self._free += not slot.cancel()
            self._grant()

    def _grant(self) -> None:
        while self._free and self._queue:
            slot = self._queue.popleft()
            if not slot.cancelled():
                slot.set_result(None)
                self._free -= 1
