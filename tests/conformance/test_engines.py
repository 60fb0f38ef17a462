"""The engine port's published suite over our adapters."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gistsearch.adapters.dask.engine import DaskEngine
from gistsearch.adapters.local_engine import LocalEngine
from gistsearch.testing import OpenEngine, SearchEngineSuite
from gistsearch.testing.engine import search
from tests.dask_cluster import VERSION, address_of, dask_cluster, make_suite_search


class TestLocalEngine(SearchEngineSuite):
    @pytest.fixture
    def open_engine(self) -> Iterator[OpenEngine]:
        with ThreadPoolExecutor(4) as executor:
            yield lambda: LocalEngine(search, executor, 4)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start a Dask cluster for all tests."""
    with dask_cluster(make_suite_search) as cluster:
        yield address_of(cluster)


class TestDaskEngine(SearchEngineSuite):
    @pytest.fixture
    def open_engine(self, address: str) -> OpenEngine:
        return lambda: DaskEngine(address, VERSION)
