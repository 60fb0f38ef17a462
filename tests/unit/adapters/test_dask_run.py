"""Which worker of a cluster searches what, and what becomes of the searches of those that are lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing

import pytest

from gistsearch.adapters.dask.cluster import Cluster, OnReply
from gistsearch.adapters.dask.messages import StepReply
from gistsearch.adapters.dask.run import MAX_ATTEMPTS, ClusterRun
from gistsearch.adapters.dask.sessions import Session
from gistsearch.ports.engine import Batch, EngineFailed

THREADS = 2


def search(name: str) -> Generator[tuple[str, ...], None, None]:
    yield (f"{name} 1",)
    yield (f"{name} 2",)


class FakeCluster(Cluster):
    """Workers in this process, which can be lost."""

    def __init__(self, *workers: str) -> None:
        self.present = set(workers)
        self.unreachable: set[str] = set()
        """Workers that the scheduler knows, and that do not answer."""
        self.refusing: set[str] = set()
        self.deadly: set[str] = set()
        """Queries that take their worker with them; it comes back at once."""
        self.given: Counter[str] = Counter()
        """How many queries each worker was given."""
        self.is_closed = False
        self._sessions: dict[str, Session] = {}

    @property
    def without_workers(self) -> str:
        return "there is no worker"

    def workers(self) -> set[str]:
        return set(self.present)

    def open(self, worker: str, session: str, on_reply: OnReply) -> None:
        if worker in self.unreachable:
            on_reply(None)
        elif worker in self.refusing:
            on_reply(StepReply(refusal="it has another version"))
        else:
            self._sessions[session] = Session(search, THREADS)
            on_reply(StepReply(threads=THREADS))

    def step(self, worker: str, session: str, queries: Iterable[tuple[int, object]], on_reply: OnReply) -> None:
        queries = tuple(queries)
        self.given[worker] += len(queries)
        if worker not in self.present or any(query in self.deadly for _, query in queries):
            on_reply(None)
            return
        for number, query in queries:
            self._sessions[session].begin(number, query)
        threading.Thread(target=lambda: on_reply(StepReply(self._sessions[session].take(), THREADS))).start()

    def close(self, sessions: object) -> None:
        self.is_closed = True
        for session in self._sessions.values():
            session.close()


def run(
    cluster: FakeCluster, queries: Iterable[str], searches_at_once: int | None = None
) -> Generator[Batch[str, str], None, None]:
    return ClusterRun[str, str](cluster, iter(queries), searches_at_once=searches_at_once, worker_wait_s=0.5).batches()


def test_every_query_is_searched_and_the_cluster_closed() -> None:
    cluster = FakeCluster("a", "b")
    names = [f"user-{number}" for number in range(50)]
    found = list(run(cluster, names))
    assert sorted(batch.query for batch in found if batch.ended) == sorted(names)
    assert [event for batch in found if batch.query == "user-7" for event in batch.events] == ["user-7 1", "user-7 2"]
    assert cluster.is_closed


def test_the_first_queries_are_given_to_workers_in_turn() -> None:
    """Few users who take long are not all searched by one."""
    cluster = FakeCluster("a", "b")
    list(run(cluster, ["octo", "hubot"]))
    assert cluster.given == {"a": 1, "b": 1}


def test_no_more_are_under_way_than_asked_for() -> None:
    """With one at once, each ends before the next one is taken."""
    order: list[str] = []

    def queries() -> Iterator[str]:
        for name in ("octo", "hubot", "rows"):
            order.append(f"{name} begins")
            yield name

    for batch in run(FakeCluster("a", "b"), queries(), 1):
        order += [f"{batch.query} ends"] if batch.ended else []
    assert order == ["octo begins", "octo ends", "hubot begins", "hubot ends", "rows begins", "rows ends"]


def test_what_was_lost_is_begun_again_as_a_later_attempt() -> None:
    cluster = FakeCluster("a", "b")
    attempts: dict[str, int] = {}
    with closing(run(cluster, [f"user-{number}" for number in range(20)])) as batches:
        for batch in batches:
            cluster.present.discard("a")
            assert batch.attempt >= attempts.get(batch.query, 0)
            attempts[batch.query] = batch.attempt
    assert len(attempts) == 20
    assert set(attempts.values()) <= {0, 1}


def test_a_search_that_takes_its_worker_with_it_each_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a batch that says so; the others are searched."""
    monkeypatch.setattr("gistsearch.adapters.dask.run.AVOID_S", 0.0)
    cluster = FakeCluster("a", "b")
    cluster.deadly.add("killer")
    last = {batch.query: batch for batch in run(cluster, ["octo", "killer", "hubot"], 1) if batch.ended}
    assert last.keys() == {"octo", "killer", "hubot"}
    assert str(last["killer"].error) == f"the search was begun {MAX_ATTEMPTS} times, and its worker was lost each time"
    assert last["killer"].attempt == MAX_ATTEMPTS - 1
    assert last["octo"].error is last["hubot"].error is None


def test_a_worker_that_cannot_be_used_is_left_out() -> None:
    """Whether it does not answer or refuses."""
    cluster = FakeCluster("a", "mute", "old")
    cluster.unreachable.add("mute")
    cluster.refusing.add("old")
    assert sum(batch.ended for batch in run(cluster, ["octo", "hubot", "rows"])) == 3
    assert cluster.given == {"a": 3}


def test_without_a_worker_the_run_fails() -> None:
    with pytest.raises(EngineFailed, match=r"^there is no worker$"):
        list(run(FakeCluster(), ["octo"]))


def test_without_a_worker_that_can_be_used_the_run_says_why() -> None:
    cluster = FakeCluster("old")
    cluster.refusing.add("old")
    with pytest.raises(EngineFailed, match=r"^the worker at old: it has another version$"):
        list(run(cluster, ["octo"]))
    assert cluster.is_closed


def test_a_worker_that_joins_late_is_given_queries() -> None:
    cluster = FakeCluster("a")
    with closing(run(cluster, (f"user-{number}" for number in range(100_000)))) as batches:
        for _ in batches:
            cluster.present.add("b")
            if cluster.given["b"]:
                break
    assert cluster.given["b"]
