"""The moment at which the work on a search has to end, shared by every thread that works on it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

_WATCH_S = 1.0
"""Seconds between two looks at the clock while a callback is registered. A watcher without callbacks ends after this
time, so a deadline that is dropped leaves no thread."""


class DeadlineExceeded(Exception):
    """Indicates that the time ran out, or that the search was cancelled, before the work was complete."""


class Deadline:
    """A point in time after which no work may go on: a number of seconds from now, or the moment of `cancel`.

    All methods are safe to call from any thread.
    """

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            seconds: time until the deadline, from now; None for no limit other than `cancel`.
            clock: returns monotonic seconds.
        """
        self._clock = clock
        self._ends_at = math.inf if seconds is None else clock() + seconds
        self._cancelled = threading.Event()
        self._lock = threading.Lock()  # guards the two attributes below
        self._registrations: dict[_Registration, None] = {}
        self._is_watched = False

    def remaining_s(self) -> float:
        """Return the seconds left: 0.0 once the deadline has passed, `math.inf` if there is no limit."""
        return 0.0 if self._cancelled.is_set() else max(0.0, self._ends_at - self._clock())

    def check(self) -> None:
        """Return if there is time left.

        Raises:
            DeadlineExceeded: the deadline has passed.
        """
        if self.remaining_s() <= 0.0:
            raise DeadlineExceeded("the search was stopped before it was complete")

    def cancel(self) -> None:
        """Make the deadline pass now: wake every `sleep`, and call every callback that has not been called yet."""
        self._cancelled.set()
        self._call_back()

    def sleep(self, seconds: float) -> None:
        """Pause.

        Raises:
            DeadlineExceeded: immediately if the pause would outlast the deadline, or as soon as it is cancelled.
        """
        if seconds >= self.remaining_s() or self._cancelled.wait(seconds):
            raise DeadlineExceeded("the search was stopped before it was complete")

    def on_over(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called once when the deadline passes; immediately if it has passed already.

        This is how a blocking call is interrupted: register what ends it (such as shutting down its socket) before the
        call, and withdraw it afterwards.

        Args:
            callback: called from another thread or from within `cancel`. It must return quickly, not raise, and not
                wait for a thread that may be withdrawing it.

        Returns:
            A function that withdraws the callback. When it returns, the callback has either finished or will never be
            called, so what it acts on may be used for something else. (Called by the callback itself, it returns at
            once.)
        """
        registration = _Registration(callback)
        with self._lock:
            if not self._is_watched and 0.0 < self.remaining_s() < math.inf:
                threading.Thread(target=self._watch, name="gistsearch-deadline", daemon=True).start()
                self._is_watched = True
            self._registrations[registration] = None
        if self.remaining_s() <= 0.0:
            self._forget(registration)
            registration.call()
        return lambda: self._withdraw(registration)

    def _withdraw(self, registration: _Registration) -> None:
        self._forget(registration)
        registration.withdraw()

    def _forget(self, registration: _Registration) -> None:
        with self._lock:
            self._registrations.pop(registration, None)

    def _watch(self) -> None:
        while (remaining_s := self.remaining_s()) > 0.0:
            self._cancelled.wait(min(remaining_s, _WATCH_S))
            with self._lock:
                if not self._registrations:
                    self._is_watched = False  # `on_over` starts a new watcher if there is ever a need.
                    return
        self._call_back()

    def _call_back(self) -> None:
        with self._lock:
            registrations, self._registrations = self._registrations, {}
        with ExitStack() as calls:  # makes all of them, even if one raises
            for registration in registrations:
                calls.callback(registration.call)


class _Registration:
    """A callback that is called at most once, and never after it was withdrawn."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback
        self._lock = threading.RLock()  # A callback may withdraw itself or cancel its deadline.

    def call(self) -> None:
        with self._lock:
            callback, self._callback = self._callback, None
            if callback is not None:
                callback()

    def withdraw(self) -> None:
        with self._lock:
            self._callback = None
