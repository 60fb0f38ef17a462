"""How generators are advanced step by step in an executor."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gistsearch.domain.step_pool import Failure, Step, StepPool
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import ContentGone
from tests.fakes import InlineExecutor


def counting(last: int) -> Generator[int, None, int]:
    """Yield the numbers before the last one, and return that."""
    yield from range(last)
    return last


def test_each_step_of_a_generator_is_one_outcome() -> None:
    """What it yields comes in order; what it returns ends it."""
    pool: StepPool[str, int] = StepPool(InlineExecutor())
    steps = counting(2)
    outcomes: list[Step[str, int] | None] = []
    for _ in range(3):
        pool.advance("a", steps)
        outcomes.append(pool.next(0.0))
    assert outcomes == [Step("a", 0), Step("a", 1), Step("a", 2, ended=True)]
    assert pool.next(0.0) is None


@pytest.mark.parametrize("error", [ContentGone("gone"), DeadlineExceeded("late")])
def test_an_error_that_a_port_allows_is_an_outcome(error: Failure) -> None:
    """It ends the generator, not the search."""

    def fail() -> Generator[int, None, None]:
        raise error
        yield

    pool: StepPool[str, int] = StepPool(InlineExecutor())
    pool.advance("a", fail())
    assert pool.next(0.0) == Step("a", ended=True, error=error)


def test_any_other_error_is_raised() -> None:
    """It is a bug in the generator."""

    def fail() -> Generator[int, None, None]:
        raise ZeroDivisionError
        yield

    pool: StepPool[str, int] = StepPool(InlineExecutor())
    pool.advance("a", fail())
    with pytest.raises(ZeroDivisionError):
        pool.next(0.0)


def test_steps_of_different_jobs_run_at_once() -> None:
    """Each waits for the other one."""
    both = threading.Barrier(2, timeout=10)

    def meet() -> Generator[int, None, None]:
        yield both.wait()

    with ThreadPoolExecutor(2) as executor:
        pool: StepPool[str, int] = StepPool(executor)
        for job in ("a", "b"):
            pool.advance(job, meet())
        outcomes = [pool.next(10.0), pool.next(10.0)]
        pool.close()
    assert {outcome.job for outcome in outcomes if outcome} == {"a", "b"}


class Closing:
    """A generator that notes when it is closed, and can be kept in a step."""

    def __init__(self, *, waits: bool = False) -> None:
        self.closed = threading.Event()
        self.began = threading.Event()
        self.may_go_on = threading.Event()
        if not waits:
            self.may_go_on.set()

    def steps(self) -> Generator[int, None, None]:
        try:
            while True:
                self.began.set()
                self.may_go_on.wait(10)
                yield 1
        finally:
            self.closed.set()


def test_closing_the_pool_closes_a_generator_between_two_steps() -> None:
    """Before `close` returns."""
    pool: StepPool[str, int] = StepPool(InlineExecutor())
    closing = Closing()
    pool.advance("a", closing.steps())
    pool.close()
    assert closing.closed.is_set()


def test_closing_the_pool_does_not_wait_for_a_step_in_flight() -> None:
    """Its generator is closed at the end of the step."""
    closing = Closing(waits=True)
    with ThreadPoolExecutor(1) as executor:
        pool: StepPool[str, int] = StepPool(executor)
        pool.advance("a", closing.steps())
        assert closing.began.wait(10)
        pool.close()
        assert not closing.closed.is_set()
        closing.may_go_on.set()
        assert closing.closed.wait(10)


def test_a_dropped_job_is_closed() -> None:
    """A job that has ended may be dropped, too."""
    pool: StepPool[str, int] = StepPool(InlineExecutor())
    closing = Closing()
    pool.advance("a", closing.steps())
    pool.drop("a")
    assert closing.closed.is_set()
    pool.drop("a")


def test_an_error_while_a_generator_is_closed_does_not_keep_others_open() -> None:
    """Nothing more is to be said about a generator that is closed early."""

    def fail_when_closed() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            raise ContentGone("gone")

    pool: StepPool[str, int] = StepPool(InlineExecutor())
    closing = Closing()
    pool.advance("a", fail_when_closed())
    pool.advance("b", closing.steps())
    pool.close()
    assert closing.closed.is_set()
