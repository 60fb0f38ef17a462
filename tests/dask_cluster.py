"""A Dask cluster on this machine, whose workers run what the published suite asks for, or search gists in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

from distributed import Client, LocalCluster

from gistsearch.adapters.dask.messages import RESOURCE
from gistsearch.adapters.dask.plugin import SearchPlugin
from gistsearch.adapters.dask.sessions import Search
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.batches import batches
from gistsearch.domain.events import SearchEvent
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.testing.engine import Event, Query, search

VERSION = "1.2.3"
THREADS = 4
USERS = tuple(f"user-{number}" for number in range(30))


@contextmanager
def dask_cluster(make_search: Callable[[], Search]) -> Generator[Any, None, None]:
    """Start two worker processes; they are started again if they are killed.

    Args:
        make_search: a function of a module, that the workers can import.
    """
    cluster: Any = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", resources={RESOURCE: 1}
    )
    with cluster, Client(cluster, set_as_default=False) as client:
        untyped: Any = client
        untyped.register_plugin(SearchPlugin(make_search, THREADS, VERSION))
        yield cluster


def address_of(cluster: Any) -> str:
    """Return the address of a cluster as engines read it."""
    return cast("str", cluster.scheduler_address).replace("tcp://", "dask://")


def make_suite_search() -> Callable[[Query], Generator[tuple[Event, ...], None, None]]:
    """Return what the published suite has run."""
    return search


def make_gist_search() -> Callable[[SearchQuery], Generator[tuple[SearchEvent, ...], None, None]]:
    """Return what searches the gists of `USERS`, each of which takes a moment."""
    listings = {
        user: [MemoryGist({f"{number}.txt": f"needle {user} {number}\n".encode()}, id=f"{user}-{number}")]
        for number, user in enumerate(USERS)
    }
    gists = SearchGists(InMemoryGists(listings), Re2Compiler(), ThreadPoolExecutor(THREADS))

    def slow_search(query: SearchQuery) -> Generator[tuple[SearchEvent, ...], None, None]:
        time.sleep(0.2)
        yield from batches(gists.run(query))

    return slow_search
