"""The engine port in this process: several searches at a time, each in a thread that waits for it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from gistsearch.domain.step_pool import StepPool
from gistsearch.ports.engine import Batch, SearchEngine

Q = TypeVar("Q")
E = TypeVar("E")

WAIT_S = 1.0
"""How long to wait for a batch before waiting again: on some systems, Ctrl-C is only noticed in between."""


class LocalEngine(SearchEngine[Q, E]):
    """Runs searches in this process. They share what they are made of: connections, pauses, quotas, threads, store."""

    def __init__(
        self, search: Callable[[Q], Generator[tuple[E, ...], None, None]], executor: Executor, searches_at_once: int
    ) -> None:
        """
        Args:
            search: runs one search, and yields its events in batches.
            executor: whose threads run the searches. It has to have a thread for each search that is under way.
            searches_at_once: how many are under way.
        """
        self._search = search
        self._executor = executor
        self._searches_at_once = searches_at_once

    def run(self, queries: Iterator[Q]) -> Generator[Batch[Q, E], None, None]:
        pool: StepPool[int, tuple[E, ...]] = StepPool(self._executor)
        under_way: dict[int, tuple[Q, Generator[tuple[E, ...], None, None]]] = {}
        number = 0
        try:
            while True:
                while len(under_way) < self._searches_at_once and (query := next(queries, None)) is not None:
                    number += 1
                    under_way[number] = (query, self._search(query))
                    pool.advance(number, under_way[number][1])
                if not under_way:
                    return
                step = pool.next(WAIT_S)
                if step is None:
                    continue
                query, search = under_way[step.job]
                yield Batch(query, step.value or (), ended=step.ended)
                if step.ended:
                    del under_way[step.job]
                else:
                    pool.advance(step.job, search)
        finally:
            pool.close()
