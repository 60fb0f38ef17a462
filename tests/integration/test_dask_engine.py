"""The engine on a Dask cluster when parts of it are lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from gistsearch.adapters.dask.engine import DaskEngine
from gistsearch.adapters.local_engine import LocalEngine
from gistsearch.domain.events import FileMatch, RunEvent, SearchEnded, SearchEvent, UserEnded
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.search_users import SearchUsers
from gistsearch.ports.engine import EngineFailed, SearchEngine
from gistsearch.ports.journal import Outcome
from gistsearch.ports.matching import InvalidPattern
from tests.dask_cluster import USERS, VERSION, address_of, dask_cluster, make_gist_search

Engine = SearchEngine[SearchQuery, SearchEvent]

DYING_CLIENT = """
import os, sys
from gistsearch.adapters.dask.engine import DaskEngine
from gistsearch.domain.query import SearchQuery
from tests.dask_cluster import USERS, VERSION
batches = DaskEngine(sys.argv[1], VERSION).run(SearchQuery(user, "needle") for user in USERS)
next(batches)
os._exit(0)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with dask_cluster(make_gist_search) as cluster:
        yield cluster


@pytest.fixture
def engine(cluster: Any) -> Engine:
    return DaskEngine(address_of(cluster), VERSION, worker_wait_s=20.0)


def test_a_cluster_finds_what_one_process_finds(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as executor:
        local = _found(_run(LocalEngine(make_gist_search(), executor, 8)))
    assert len(local) == len(USERS)
    assert _found(_run(engine)) == local


def test_a_killed_workers_users_are_searched_by_others(engine: Engine, cluster: Any) -> None:
    """Nothing is lost, and nothing is reported twice."""
    events = _run(engine)
    seen: list[RunEvent] = []
    with closing(events):
        for event in events:
            seen.append(event)
            if isinstance(event, UserEnded) and not any(isinstance(earlier, UserEnded) for earlier in seen[:-1]):
                _kill_one(cluster)
    assert sorted(match.username for match in _matches(seen)) == sorted(USERS)
    assert {event.username: event.outcome for event in seen if isinstance(event, UserEnded)} == dict.fromkeys(
        USERS, Outcome.COMPLETE
    )
    assert isinstance(seen[-1], SearchEnded)
    assert seen[-1].coverage.complete


def test_a_client_that_dies_leaves_the_workers_usable(engine: Engine, cluster: Any) -> None:
    """Its searches take no thread from those of others."""
    subprocess.run([sys.executable, "-c", DYING_CLIENT, address_of(cluster)], check=True, timeout=60)
    assert len(_found(_run(engine))) == len(USERS)


def test_a_pattern_that_is_refused_is_an_error_here(engine: Engine) -> None:
    """As it is if this process searches."""
    with closing(engine.run(iter([SearchQuery("user-1", "(")]))) as batches, pytest.raises(InvalidPattern) as caught:
        list(batches)
    assert str(caught.value) == "unclosed group: ("
    assert caught.value.part == "("


def test_workers_of_another_version_are_not_used(cluster: Any) -> None:
    """The message says which worker, and both versions."""
    other: Engine = DaskEngine(address_of(cluster), "0.9")
    with (
        closing(other.run(iter([SearchQuery("user-1", "needle")]))) as batches,
        pytest.raises(EngineFailed, match=rf"the worker at tcp://\S+: it runs gistsearch {VERSION}, .* for 0\.9"),
    ):
        list(batches)


def test_a_run_ends_when_all_workers_are_gone(cluster: Any) -> None:
    """It names everybody who was not searched, and says how to start a worker."""
    engine: Engine = DaskEngine(address_of(cluster), VERSION, worker_wait_s=1.0)
    seen: list[RunEvent] = []
    with closing(_run(engine)) as events:
        for event in events:
            if not seen:
                threading.Thread(target=cluster.scale, args=(0,)).start()
            seen.append(event)
    ended = [event for event in seen if isinstance(event, UserEnded)]
    assert sorted(event.username for event in ended) == sorted(USERS)
    missing = [event for event in ended if event.outcome is not Outcome.COMPLETE]
    assert missing
    assert {str(event.error).split(":")[0] for event in missing} == {"no worker answers at dask"}


def _run(engine: Engine) -> Generator[RunEvent, None, None]:
    return SearchUsers(engine).run(lambda username: SearchQuery(username, "needle"), USERS)


def _matches(events: list[RunEvent]) -> list[FileMatch]:
    return [event for event in events if isinstance(event, FileMatch)]


def _found(events: Generator[RunEvent, None, None]) -> set[tuple[str, str, str]]:
    with closing(events):
        return {(match.username, match.file.filename, match.lines[0].text) for match in _matches(list(events))}


def _kill_one(cluster: Any) -> None:
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
