"""A worker's side of one client's run: searches in threads, and reports that wait for the client."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from gistsearch.adapters.dask.messages import MAX_BATCH_BYTES, Report, sealed_error, sealed_in_pieces

Search = Callable[[Any], Generator[tuple[Any, ...], None, None]]
"""Runs one search, and yields its events in batches."""

WAIT_S = 1.0
"""The longest time after which `take` returns nothing."""
GATHER_S = 0.1
"""How long `take` waits for more, so that quick searches do not need a message each."""


class Session:
    """The searches of one run of one client."""

    def __init__(self, search: Search, threads: int) -> None:
        self._search = search
        self._executor = ThreadPoolExecutor(threads, "gistsearch-users")
        self._changed = threading.Condition()  # guards what follows
        self._reports: deque[Report] = deque()
        self._bytes = 0
        self._is_closed = False
        self._used_at_s = time.monotonic()

    def keep(self) -> None:
        """Note that the client is still there."""
        self._used_at_s = time.monotonic()

    @property
    def idle_s(self) -> float:
        """Seconds since the client was heard of."""
        return time.monotonic() - self._used_at_s

    def begin(self, number: int, query: object) -> None:
        """Begin a search when there is a thread for it."""
        self._executor.submit(self._run, number, query)

    def take(self) -> tuple[Report, ...]:
        """Wait for reports, and return them in order."""
        with self._changed:
            self._changed.wait_for(lambda: self._reports or self._is_closed, WAIT_S)
            if self._reports:
                self._changed.wait_for(lambda: self._is_full or self._is_closed, GATHER_S)
            taken = tuple(self._reports)
            self._reports.clear()
            self._bytes = 0
            self._changed.notify_all()
        return taken

    def close(self) -> None:
        """Have all searches end, each with its next batch. Does not wait for them."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._executor.shutdown(wait=False, cancel_futures=True)

    @property
    def _is_full(self) -> bool:
        return self._bytes >= MAX_BATCH_BYTES

    def _run(self, number: int, query: object) -> None:
        try:
            with closing(self._search(query)) as batches:
                for events in batches:
                    for piece in sealed_in_pieces(events):
                        self._put(Report(number, piece))
        except _Closed:
            return
        except Exception as error:  # noqa: BLE001  # The client raises it. Here, Dask would log it, pattern and all.
            self._end(Report(number, ended=True, failure=sealed_error(error)))
        else:
            self._end(Report(number, ended=True))

    def _put(self, report: Report) -> None:
        """Add a report when there is room for it.

        Raises:
            _Closed: nobody is going to take it.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_full or self._is_closed)
            if self._is_closed:
                raise _Closed
            self._reports.append(report)
            self._bytes += report.size_bytes
            self._changed.notify_all()

    def _end(self, report: Report) -> None:
        with self._changed:
            self._reports.append(report)
            self._changed.notify_all()


class _Closed(Exception):
    """Indicates that the session was closed."""
