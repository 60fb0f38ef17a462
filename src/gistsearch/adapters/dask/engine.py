"""The engine port on a Dask cluster: workers on any number of machines, each of which runs several searches at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TypeVar

from gistsearch.adapters.dask.cluster import Cluster
from gistsearch.adapters.dask.run import ClusterRun
from gistsearch.ports.engine import Batch, EngineFailed, SearchEngine

Q = TypeVar("Q")
E = TypeVar("E")

WORKER_S = 30.0
"""How long a run waits for a worker while there is none, as workers may be on their way."""
CHECK_S = 10.0
POLL_S = 0.2


class DaskEngine(SearchEngine[Q, E]):
    """Has the workers of a Dask cluster run the searches. Queries and events have to be picklable."""

    def __init__(
        self, address: str, version: str, searches_at_once: int | None = None, *, worker_wait_s: float = WORKER_S
    ) -> None:
        """
        Args:
            address: `dask://HOST:PORT`, where the scheduler listens.
            version: what the workers' version must be, so that both sides know the same queries and events.
            searches_at_once: how many are under way; None: as many as the workers have threads for.
            worker_wait_s: how long a run waits for a worker while there is none.
        """
        self._address = address
        self._version = version
        self._searches_at_once = searches_at_once
        self._worker_wait_s = worker_wait_s

    def check(self, wait_s: float = CHECK_S) -> None:
        """Return as soon as there is a worker.

        Raises:
            EngineFailed: there is no scheduler, or no worker has joined it in this time.
        """
        cluster = self._connect()
        try:
            due_s = time.monotonic() + wait_s
            while not cluster.workers():
                if time.monotonic() >= due_s:
                    raise EngineFailed(cluster.without_workers)
                time.sleep(POLL_S)
        finally:
            cluster.close({})

    def run(self, queries: Iterator[Q]) -> Generator[Batch[Q, E], None, None]:
        run: ClusterRun[Q, E] = ClusterRun(
            self._connect(), queries, searches_at_once=self._searches_at_once, worker_wait_s=self._worker_wait_s
        )
        yield from run.batches()

    def _connect(self) -> Cluster:
        return Cluster(self._address, self._version)
