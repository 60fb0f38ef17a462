"""The search's one idea of concurrency: advance a generator by one step in an executor."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from attrs import frozen

from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import SourceError

J = TypeVar("J")
T = TypeVar("T")
Failure = SourceError | DeadlineExceeded
"""What a generator may raise."""


@frozen
class Step(Generic[J, T]):
    """The outcome of one step of a job's generator."""

    job: J
    value: T | None = None
    """What the generator yielded or, if `ended`, returned; None if it raised."""
    ended: bool = False
    """Whether the generator is finished: it returned or raised."""
    error: Failure | None = None
    """What the generator raised."""


class StepPool(Generic[J, T]):
    """Runs steps of many generators at once; each job has at most one step in flight.

    The thread that takes the outcomes decides which job takes another step, and when. So nothing piles up while it is
    busy, and a job never gets ahead of its consumer by more than one step. Only the executor's threads run steps; all
    other methods belong to the thread that takes the outcomes.
    """

    def __init__(self, executor: Executor) -> None:
        """
        Args:
            executor: runs the steps; may be shared by many pools. Any number of threads will do, even none (an executor
                that runs a call when it is submitted).
        """
        self._executor = executor
        self._outcomes: SimpleQueue[Step[J, T] | Exception] = SimpleQueue()
        self._generators: dict[J, Generator[T, None, T | None]] = {}  # those that have not ended
        self._is_closed = False

    def advance(self, job: J, generator: Generator[T, None, T | None]) -> None:
        """Submit one step of a job.

        Args:
            job: identifies the outcome. No step of it may be in flight.
            generator: the same one each time. It is closed with the pool, unless it has ended by then.

        Raises:
            RuntimeError: the executor is shut down.
        """
        self._generators[job] = generator
        future = self._executor.submit(self._step, job, generator)
        future.add_done_callback(self._report_cancelled)

    def next(self, timeout_s: float) -> Step[J, T] | None:
        """Wait for an outcome; return None if there is none after `timeout_s` seconds.

        Raises:
            RuntimeError: the executor was shut down and has dropped a step.
            Exception: a generator raised what it may not raise. That is a bug in it.
        """
        try:
            step = self._outcomes.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(step, Exception):
            raise step
        if step.ended:
            del self._generators[step.job]
        return step

    def drop(self, job: J) -> None:
        """Close the generator of a job that has no step in flight, if it has not ended."""
        if generator := self._generators.pop(job, None):
            _close(generator)

    def close(self) -> None:
        """Close every generator: now, or at the end of its step if it has one in flight. Does not wait for any."""
        self._is_closed = True
        for generator in self._generators.values():
            _close(generator)

    def _step(self, job: J, generator: Generator[T, None, T | None]) -> None:
        self._outcomes.put(_outcome(job, generator))
        if self._is_closed:
            _close(generator)

    def _report_cancelled(self, future: Future[None]) -> None:
        if future.cancelled():
            self._outcomes.put(RuntimeError("the executor was shut down before the search was complete"))


def _outcome(job: J, generator: Generator[T, None, T | None]) -> Step[J, T] | Exception:
    try:
        return Step(job, next(generator))
    except StopIteration as end:
        return Step(job, end.value, ended=True)
    except (SourceError, DeadlineExceeded) as error:
        return Step(job, ended=True, error=error)
    except Exception as error:  # noqa: BLE001  # A bug; `next` raises it.
        return error


def _close(generator: Generator[T, None, T | None]) -> None:
    # ValueError: a step is in flight, and its thread closes the generator afterwards.
    with suppress(ValueError, SourceError, DeadlineExceeded):
        generator.close()
