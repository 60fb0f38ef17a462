"""Calls that fail a test, instead of blocking it, if they do not end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import TypeVar

import pytest

_T = TypeVar("_T")


def within(timeout_s: float, call: Callable[[], _T]) -> _T:
    """Return what a call returns, or raise what it raises; fail the test if it takes longer.

    The call runs in a thread of its own, which is abandoned if it is late.
    """
    future: Future[_T] = Future()
    threading.Thread(target=_run, args=(future, call), daemon=True).start()
    return _result(future, timeout_s)


class Worker:
    """A thread that makes one call after the other, until the end of the `with` block."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def __enter__(self) -> Worker:
        threading.Thread(target=self._work, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.put(None)

    def within(self, timeout_s: float, call: Callable[[], _T]) -> _T:
        """Do in this thread what the function `within` does in a new one."""
        future: Future[_T] = Future()
        self._calls.put(lambda: _run(future, call))
        return _result(future, timeout_s)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def at_once(timeout_s: float, calls: list[Callable[[], _T]]) -> list[_T]:
    """Make calls that begin at the same moment, each in a thread of its own; otherwise as `within`.

    Returns:
        What the calls return, in their order.
    """
    barrier = threading.Barrier(len(calls))
    futures: list[Future[_T]] = [Future() for _ in calls]
    for future, call in zip(futures, calls, strict=True):
        threading.Thread(target=_run, args=(future, call, barrier), daemon=True).start()
    return [_result(future, timeout_s) for future in futures]


def _result(future: Future[_T], timeout_s: float) -> _T:
    if wait((future,), timeout=timeout_s).not_done:
        pytest.fail(f"expected the call to end, but it did not within {timeout_s:g} s")
    return future.result()


def _run(future: Future[_T], call: Callable[[], _T], barrier: threading.Barrier | None = None) -> None:
    try:
        if barrier is not None:
            barrier.wait()
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001  # `_result` raises it in the thread that made the call.
        future.set_exception(error)
