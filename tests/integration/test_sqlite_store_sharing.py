"""Processes and threads that use one store at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gistsearch.testing.store_fixtures import listing_of, save
from tests.store_processes import open_store

THREADS = 8


def test_all_that_begin_at_once_use_the_same_file(tmp_path: Path) -> None:
    """None of them takes a database that another one is creating for a foreign one."""
    with ThreadPoolExecutor(THREADS) as executor:
        for turn in range(25):
            directory, start = tmp_path / f"{turn}", threading.Barrier(THREADS)

            def begin(number: int, directory: Path = directory, start: threading.Barrier = start) -> None:
                store = open_store(directory)
                start.wait()
                store.save_listing(f"user{number}", listing_of("one"))

            list(executor.map(begin, range(THREADS)))
            assert len(open_store(directory).usage()) == THREADS


def test_threads_that_write_wait_for_each_other(tmp_path: Path) -> None:
    """Many searches in one process find their store unlocked in the end, however short the wait for other processes."""
    threads, turns = 32, 12
    store = open_store(tmp_path / "store", busy_timeout_s=0.05)
    store.save_listing("user", listing_of("one"))

    def write(number: int) -> None:
        for turn in range(turns):
            save(store, f"user{number}", b"%d\n" % turn * 50_000)

    with ThreadPoolExecutor(threads) as executor:
        list(executor.map(write, range(threads)))
    assert sum(len(usage.packs) for usage in store.usage()) == threads * turns
