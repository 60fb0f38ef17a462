"""The conformance suite for the engine port: subclass `SearchEngineSuite` and override the fixture `open_engine`."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

import pytest
from attrs import frozen

from gistsearch.ports.engine import Batch, SearchEngine


@frozen
class Query:
    """What one of the suite's searches is asked. It can be pickled."""

    name: str
    batches: int = 1
    """How many batches it reports."""
    wait_s: float = 0.0
    """How long each takes."""
    fails: bool = False
    """Whether it raises `SearchFailed` after its batches."""


@frozen
class Event:
    """What one of the suite's searches reports."""

    name: str
    number: int
    """From 0."""
    made_at_s: float
    """When it was reported, as `time.time` says."""


class SearchFailed(Exception):
    """Indicates that a search failed, as it was asked to."""


def search(query: Query) -> Generator[tuple[Event, ...], None, None]:
    """Report what is asked for. Engines under test run this function for each query."""
    for number in range(query.batches):
        time.sleep(query.wait_s)
        yield (Event(query.name, number, time.time()),)
    if query.fails:
        raise SearchFailed(query.name)


OpenEngine = Callable[[], SearchEngine[Query, Event]]
"""Opens the engine under test, which runs `search`, at least two at a time. It is closed with the test."""

MANY = 1_000_000


class SearchEngineSuite:
    """The whole contract of `SearchEngine`."""

    @pytest.fixture
    def open_engine(self) -> OpenEngine:
        """Return a function that opens the engine under test."""
        raise NotImplementedError("override the fixture `open_engine`: it returns a function that opens the engine")

    def test_each_search_reports_everything_in_order(self, open_engine: OpenEngine) -> None:
        """Each query is searched once, and its last batch says that it is the last."""
        queries = [Query(f"user-{number}", batches=number % 5) for number in range(40)]
        with closing(open_engine().run(iter(queries))) as batches:
            seen = _by_name(batches)
        assert {name: _numbers(seen[name]) for name in seen} == {
            query.name: list(range(query.batches)) for query in queries
        }
        assert all(batch.ended == (batch is seen[batch.query.name][-1]) for batch in itertools.chain(*seen.values()))
        assert not any(batch.error or batch.attempt for batch in itertools.chain(*seen.values()))

    def test_a_batch_names_the_query_that_was_given(self, open_engine: OpenEngine) -> None:
        """It is the very object."""
        queries = [Query("octo"), Query("hubot")]
        with closing(open_engine().run(iter(queries))) as batches:
            assert all(any(batch.query is query for query in queries) for batch in batches)

    def test_no_query_no_batch(self, open_engine: OpenEngine) -> None:
        with closing(open_engine().run(iter([]))) as batches:
            assert list(batches) == []

    def test_queries_are_taken_as_there_is_room(self, open_engine: OpenEngine) -> None:
        """Of endless queries, only those are taken whose searches can begin soon."""
        taken = 0

        def queries() -> Iterator[Query]:
            nonlocal taken
            for number in itertools.count():
                taken += 1
                yield Query(f"user-{number}", batches=MANY, wait_s=0.01)

        with closing(open_engine().run(queries())) as batches:
            for _ in range(20):
                next(batches)
        assert 2 <= taken <= 500, "expected a few of the queries to be taken"

    def test_queries_are_taken_in_the_consumers_thread(self, open_engine: OpenEngine) -> None:
        threads: list[int] = []

        def queries() -> Iterator[Query]:
            for number in range(10):
                threads.append(threading.get_ident())
                yield Query(f"user-{number}")

        with closing(open_engine().run(queries())) as batches:
            list(batches)
        assert set(threads) == {threading.get_ident()}

    def test_a_slow_search_delays_no_other(self, open_engine: OpenEngine) -> None:
        """What is known of one search is not held until another one ends."""
        queries = [Query("slow", batches=2, wait_s=2.0), *(Query(f"user-{number}") for number in range(5))]
        with closing(open_engine().run(iter(queries))) as batches:
            ended = [batch.query.name for batch in batches if batch.ended]
        assert ended[-1] == "slow"

    def test_batches_come_while_the_search_goes_on(self, open_engine: OpenEngine) -> None:
        with closing(open_engine().run(iter([Query("endless", batches=MANY, wait_s=0.01)]))) as batches:
            first = next(batch for batch in batches if batch.events)
        assert first.events[0].number == 0

    def test_a_slow_consumer_slows_the_searches(self, open_engine: OpenEngine) -> None:
        """What was reported while the consumer was busy is bounded, so that memory does not grow."""
        with closing(open_engine().run(iter([Query("quick", batches=MANY)]))) as batches:
            next(batches)
            time.sleep(2.0)
            resumed_at_s = time.time()
            late = next(batch for batch in batches if batch.events and batch.events[0].made_at_s > resumed_at_s)
        assert late.events[0].number < 5_000, "expected the search to wait for the consumer"

    def test_an_error_of_a_search_is_raised(self, open_engine: OpenEngine) -> None:
        """With its type and message, as it is a bug or says that no search of this kind can be run."""
        with (
            closing(open_engine().run(iter([Query("octo", batches=2, fails=True)]))) as batches,
            pytest.raises(SearchFailed, match=r"^octo$"),
        ):
            list(batches)

    def test_an_engine_can_be_used_again(self, open_engine: OpenEngine) -> None:
        """After a run that was closed before its end, and with names that were searched before."""
        engine = open_engine()
        with closing(engine.run(iter([Query("octo", batches=MANY, wait_s=0.01), Query("hubot")]))) as batches:
            next(batches)
        with closing(engine.run(iter([Query("octo", batches=3)]))) as batches:
            assert _numbers(_by_name(batches)["octo"]) == [0, 1, 2]


def _by_name(batches: Iterator[Batch[Query, Event]]) -> dict[str, list[Batch[Query, Event]]]:
    found: dict[str, list[Batch[Query, Event]]] = {}
    for batch in batches:
        found.setdefault(batch.query.name, []).append(batch)
    return found


def _numbers(batches: list[Batch[Query, Event]]) -> list[int]:
    return [event.number for batch in batches for event in batch.events]
