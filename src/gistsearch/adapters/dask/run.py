"""One run on a cluster: which worker searches what, and what becomes of the searches of those that are lost."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from gistsearch.adapters.dask.cluster import Cluster
from gistsearch.adapters.dask.links import Job, Link
from gistsearch.adapters.dask.messages import Report, StepReply
from gistsearch.ports.engine import Batch, EngineFailed

Q = TypeVar("Q")
E = TypeVar("E")

MAX_ATTEMPTS = 4
"""How often a search is begun. What takes its worker with it each time would end all of them."""
LOOK_S = 1.0
"""Seconds between two looks at which workers there are. Also how long to wait for a message before waiting again: on
some systems, Ctrl-C is only noticed in between."""
SPREAD_S = 2.0
"""How long the first searches wait for all workers to answer, so that not one gets them all."""
AVOID_S = 3.0
"""How long a worker that was lost is left alone, if it is still there."""
KEEP_S = 10.0
"""Seconds between two messages that say that this client is still there, however slow its consumer is."""


class ClusterRun(Generic[Q, E]):
    """One run. Unless noted, methods run in the thread that takes the batches."""

    def __init__(
        self, cluster: Cluster, queries: Iterator[Q], *, searches_at_once: int | None, worker_wait_s: float
    ) -> None:
        """
        Args:
            cluster: where to search. It is closed with the run.
            queries: what to search.
            searches_at_once: how many searches are under way; None: as many as the workers have threads for.
            worker_wait_s: how long to wait for a worker while there is none.
        """
        self._cluster = cluster
        self._queries = queries
        self._searches_at_once = searches_at_once
        self._worker_wait_s = worker_wait_s
        self._again: deque[Job[Q]] = deque()  # whose workers were lost
        self._links: dict[str, Link[Q]] = {}  # by the address of the worker
        self._avoided: dict[str, float] = {}  # addresses of workers that were lost, and until when
        self._refusals: dict[str, str] = {}  # addresses of workers that cannot be used, and why
        self._replies: SimpleQueue[tuple[Link[Q], StepReply | None]] = SimpleQueue()
        self._numbers = itertools.count()
        self._look_due_s = 0.0
        self._began_s = time.monotonic()
        self._alone_since_s: float | None = None  # no worker answers
        self._is_closed = threading.Event()

    def batches(self) -> Generator[Batch[Q, E], None, None]:
        """Run, and yield what `SearchEngine.run` promises."""
        threading.Thread(target=self._keep, name="gistsearch-keep", daemon=True).start()
        try:
            while True:
                if time.monotonic() >= self._look_due_s:
                    yield from self._look()
                if not self._give() and self._is_done:
                    return
                self._send()
                yield from self._receive()
        finally:
            self._is_closed.set()
            self._cluster.close(self._sessions())

    @property
    def _is_done(self) -> bool:
        return not self._again and not any(link.under_way for link in self._links.values())

    def _look(self) -> Iterator[Batch[Q, E]]:
        """Look which workers there are, and open sessions on those that are new.

        Raises:
            EngineFailed: there is none, and has not been for some time.
        """
        now_s = time.monotonic()
        self._look_due_s = now_s + LOOK_S
        found = self._cluster.workers()
        for link in list(self._links.values()):
            if link.worker not in found:
                yield from self._lose(link)
        for worker in found - self._links.keys() - self._refusals.keys():
            if self._avoided.get(worker, 0.0) <= now_s:
                self._open(worker)
        if any(link.threads for link in self._links.values()):
            self._alone_since_s = None
            return
        self._alone_since_s = self._alone_since_s or now_s
        if not self._links and (refused := found & self._refusals.keys()):
            raise EngineFailed("; ".join(f"the worker at {worker}: {self._refusals[worker]}" for worker in refused))
        if now_s - self._alone_since_s >= self._worker_wait_s:
            raise EngineFailed(self._cluster.without_workers)

    def _open(self, worker: str) -> None:
        link = self._links[worker] = Link[Q](worker)
        self._cluster.open(worker, link.session, lambda reply: self._replies.put((link, reply)))

    def _give(self) -> bool:
        """Give queries to workers that have room, one to each in turn; return whether there are more."""
        is_early = time.monotonic() < self._began_s + SPREAD_S
        if not self._links or (is_early and not all(link.threads for link in self._links.values())):
            return True
        while (link := max(self._links.values(), key=lambda link: link.room)).room > 0 and not self._is_full:
            job = self._next_job()
            if job is None:
                return False
            link.give(next(self._numbers), job)
        return True

    @property
    def _is_full(self) -> bool:
        limit = self._searches_at_once
        return limit is not None and sum(len(link.under_way) for link in self._links.values()) >= limit

    def _next_job(self) -> Job[Q] | None:
        if self._again:
            return self._again.popleft()
        query = next(self._queries, None)
        return None if query is None else Job(query)

    def _send(self) -> None:
        for link in self._links.values():
            if link.under_way and not link.is_busy:
                queries = link.take_unsent()
                self._cluster.step(
                    link.worker, link.session, queries, lambda reply, link=link: self._replies.put((link, reply))
                )

    def _receive(self) -> Iterator[Batch[Q, E]]:
        """Wait for a message, and yield what it reports."""
        try:
            link, reply = self._replies.get(timeout=LOOK_S)
        except Empty:
            return
        if self._links.get(link.worker) is not link:
            return  # It was lost before it answered.
        if reply is None or reply.is_lost:
            yield from self._lose(link)
        elif reply.refusal:
            self._refusals[link.worker] = reply.refusal
            yield from self._lose(link)
        else:
            link.is_busy = False
            link.threads = reply.threads
            link.spare = 2 * sum(report.ended for report in reply.reports)
            for report in reply.reports:
                yield self._batch(link, report)

    def _batch(self, link: Link[Q], report: Report) -> Batch[Q, E]:
        if report.failure:
            raise report.failure.open()
        job = link.under_way.pop(report.number) if report.ended else link.under_way[report.number]
        return Batch(job.query, report.events.open() if report.events else (), job.attempt, report.ended)

    def _lose(self, link: Link[Q]) -> Iterator[Batch[Q, E]]:
        """Have others search what a lost worker had under way."""
        del self._links[link.worker]
        self._avoided[link.worker] = time.monotonic() + AVOID_S
        self._look_due_s = 0.0
        for job in link.under_way.values():
            job.attempt += 1
            if job.attempt < MAX_ATTEMPTS:
                self._again.append(job)
            else:
                error = EngineFailed(f"the search was begun {MAX_ATTEMPTS} times, and its worker was lost each time")
                yield Batch(job.query, (), MAX_ATTEMPTS - 1, ended=True, error=error)

    def _keep(self) -> None:
        """Keep the sessions open, in a thread of its own."""
        while not self._is_closed.wait(KEEP_S):
            self._cluster.keep(self._sessions())

    def _sessions(self) -> dict[str, str]:
        return {link.worker: link.session for link in list(self._links.values())}
