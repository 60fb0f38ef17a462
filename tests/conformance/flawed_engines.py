"""Engines with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from gistsearch.adapters.local_engine import LocalEngine
from gistsearch.ports.engine import Batch, EngineFailed, SearchEngine
from gistsearch.testing import OpenEngine, SearchEngineSuite
from gistsearch.testing.engine import Event, Query, search

Batches = Generator[Batch[Query, Event], None, None]


class Flawless(LocalEngine[Query, Event]):
    """An engine in this process. A flawed one passes something else on, or changes its answer."""

    def __init__(self) -> None:
        super().__init__(search, ThreadPoolExecutor(4), 4)


class LosesTheFirstBatch(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        for batch in super().run(queries):
            if not any(event.number == 0 for event in batch.events):
                yield batch


class NeverEndsASearch(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        for batch in super().run(queries):
            yield evolve(batch, ended=False)


class CopiesQueries(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        for batch in super().run(queries):
            yield evolve(batch, query=evolve(batch.query))


class EndsWithAnEmptyBatch(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        yield from super().run(queries)
        yield Batch(Query("nobody"), (), ended=True)


class TakesManyQueries(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        yield from super().run(itertools.chain(list(itertools.islice(queries, 1_000)), queries))


class TakesQueriesInAThread(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        with ThreadPoolExecutor(1) as executor:
            yield from super().run(iter(executor.submit(list, itertools.islice(queries, 100)).result()))


class SearchesOneAfterTheOther(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        for query in queries:
            yield from super().run(iter([query]))


class HoldsEverything(SearchEngine[Query, Event]):
    def run(self, queries: Iterator[Query]) -> Batches:
        for query in queries:
            events = [event for batch in itertools.islice(search(query), 10_000) for event in batch]
            yield Batch(query, tuple(events), ended=True)


class HidesErrors(Flawless):
    def run(self, queries: Iterator[Query]) -> Batches:
        try:
            yield from super().run(queries)
        except Exception as error:
            raise EngineFailed("something failed") from error


class RunsOnce(Flawless):
    def __init__(self) -> None:
        super().__init__()
        self._is_used = False

    def run(self, queries: Iterator[Query]) -> Batches:
        if self._is_used:
            raise EngineFailed("used before")
        self._is_used = True
        yield from super().run(queries)


def _suite(flawed: type[SearchEngine[Query, Event]]) -> type:
    class Suite(SearchEngineSuite):
        @pytest.fixture
        def open_engine(self) -> OpenEngine:
            return flawed

    return Suite


FLAWED = (Flawless, HoldsEverything, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
