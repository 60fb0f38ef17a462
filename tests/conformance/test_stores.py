"""The store port's published suite over our adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.adapters.store_cache import CachingStore
from gistsearch.testing import GistStoreSuite, OpenStore


class TestInMemoryStore(GistStoreSuite):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        store = InMemoryStore()
        return lambda: store


class TestSqliteStore(GistStoreSuite):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: SqliteStore(tmp_path / "store", "https://api.github.com")


class TestCachingStore(GistStoreSuite):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        store = InMemoryStore()
        return lambda: CachingStore(store, 1 << 20)


class TestSmallCache(GistStoreSuite):
    """A cache that is too small for most of what it is given."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda: CachingStore(SqliteStore(tmp_path / "store", "https://api.github.com"), 8_000)
