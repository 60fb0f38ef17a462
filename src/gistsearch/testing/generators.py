"""What the tests of a port's generators have in common: deadlines, closing, and threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

from gistsearch.ports.deadline import Deadline
from gistsearch.testing.timeouts import Worker, within

_T = TypeVar("_T")

COUNT = 64
"""How many generators are left unfinished to see whether they leave something open."""
OPEN_FILES = Path("/dev/fd")


def passed() -> Deadline:
    return Deadline(0.0)


def cancelled() -> Deadline:
    deadline = Deadline()
    deadline.cancel()
    return deadline


@contextmanager
def cancelled_soon() -> Generator[Deadline, None, None]:
    """Give a deadline that another thread cancels after a moment."""
    deadline = Deadline()
    timer = threading.Timer(0.2, deadline.cancel)
    timer.start()
    try:
        yield deadline
    finally:
        timer.join()


def exhaust(items: Iterator[object]) -> None:
    """Take all items."""
    for _ in items:
        pass


def in_turns(items: Iterator[_T], timeout_s: float) -> Iterator[_T]:
    """Take the items in two threads by turns."""
    with Worker() as one, Worker() as other:
        for worker in cycle((one, other)):
            item = worker.within(timeout_s, partial(next, items, None))
            if item is None:
                return
            yield item


def expect_to_end(begin: Callable[[], Generator[object, None, None]]) -> None:
    """Fail unless a generator can be closed before its first step, midway and at its end, and has ended then."""
    for steps in (0, 1, None):
        generator = begin()
        exhaust(islice(generator, steps))
        generator.close()
        generator.close()
        assert list(generator) == [], "expected a generator that yields nothing after it was closed"


def expect_to_close_in_another_thread(generator: Generator[object, None, None], timeout_s: float) -> None:
    """Fail unless a generator that was begun in this thread can be closed in another one."""
    next(generator)
    within(timeout_s, generator.close)
    assert list(generator) == [], "expected a generator that yields nothing after it was closed"


def expect_nothing_left_open(begin: Callable[[], Generator[object, None, None]], timeout_s: float) -> None:
    """Fail if generators that are closed midway leave files or connections open."""
    before = _open_files()
    generators = [begin() for _ in range(COUNT)]
    for generator in generators:
        within(timeout_s, partial(next, generator))
        generator.close()
    assert _becomes_true(lambda: _open_files() - before < COUNT // 2, timeout_s), (
        "expected `close` to close files and connections"
    )


def _open_files() -> int:
    """Count the files and connections that this process has open; 0 if the system does not say."""
    return len(list(OPEN_FILES.iterdir())) if OPEN_FILES.is_dir() else 0


def _becomes_true(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait for a condition; the other end of a connection may take a moment to close it."""
    ends_at = time.monotonic() + timeout_s
    while not (is_true := condition()) and time.monotonic() < ends_at:
        time.sleep(0.02)
    return is_true
