"""A store on a disk keeps what fits into its limit, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.domain.search import SearchGists
from gistsearch.domain.store.maintenance import prune
from gistsearch.domain.store.policy import StorePolicy

FILE_BYTES, FILES = 50_000, 40  # two packs for each user
EMPTY_BYTES = 150_000
"""About what an empty store takes up."""


def content(name: str) -> bytes:
    return name.encode() * (FILE_BYTES // len(name))


def gists_of(username: str, count: int = FILES) -> list[MemoryGist]:
    return [MemoryGist({"a.txt": content(f"{username}{number:02}\n")}, id=f"{number}") for number in range(count)]


SOURCE = InMemoryGists({username: gists_of(username) for username in ("one", "two", "three")})


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path, "memory")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def sync(store: SqliteStore, threads: ThreadPoolExecutor, *usernames: str, max_bytes: int = 1 << 30) -> None:
    search = SearchGists(SOURCE, Re2Compiler(), threads, store=store, policy=StorePolicy(max_bytes))
    for username in usernames:
        list(search.sync([username]))


@pytest.mark.parametrize("max_bytes", [300_000, 700_000, 1_300_000, 2_000_000, 2_500_000, 5_000_000])
def test_what_fits_is_kept(store: SqliteStore, threads: ThreadPoolExecutor, max_bytes: int) -> None:
    """Of a user who does not fit, the beginning; the store is never larger than its limit."""
    for username in ("one", "two", "three"):
        sync(store, threads, username, max_bytes=max_bytes)
        assert store.size_bytes() <= max_bytes
        stored = sum(len(pack.files) for pack in store.load(username).packs)
        assert stored >= min(FILES, (max_bytes - EMPTY_BYTES) // FILE_BYTES - 2)


@pytest.mark.parametrize("max_bytes", [5_500_000, 4_300_000, 3_300_000, 2_500_000, 1_200_000])
def test_prune_shrinks_a_store_in_one_go(store: SqliteStore, threads: ThreadPoolExecutor, max_bytes: int) -> None:
    """By no more than it has to: what is left would not fit with another pack. A second run finds nothing to do."""
    sync(store, threads, "one", "two", "three")
    assert store.size_bytes() > max_bytes
    prune(store, StorePolicy(max_bytes), lambda: datetime.now(UTC))
    pruned = store.size_bytes()
    assert max_bytes - 1_100_000 <= pruned <= max_bytes
    assert all(usage.packs for usage in store.usage())
    prune(store, StorePolicy(max_bytes), lambda: datetime.now(UTC))
    assert store.size_bytes() == pruned


@pytest.mark.parametrize("max_bytes", [1 << 30, 2_200_000])
def test_prune_drops_everything_that_no_listing_names(
    store: SqliteStore, threads: ThreadPoolExecutor, max_bytes: int
) -> None:
    """Even a single file of a pack, and although the store is full."""
    sync(store, threads, "one")
    left = InMemoryGists({"one": gists_of("one", FILES - 1)})
    list(SearchGists(left, Re2Compiler(), threads, store=store).sync(["one"]))
    prune(store, StorePolicy(max_bytes), lambda: datetime.now(UTC))
    user = store.load("one")
    assert user.listing is not None
    listed = {file.blob_id for page in user.listing.pages for gist in page.gists for file in gist.files}
    assert {file.blob_id for pack in user.packs for file in pack.files} == listed
