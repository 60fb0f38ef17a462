"""Throughput: warm searches over HTTP, beside one ripgrep after the other over the same files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import urllib3

from bench.corpus import github_process, ripgrep_over, write_files
from bench.measuring import in_turn, run, table, timed
from bench.serving import SEARCH, serving
from bench.world import GISTSEARCH, USER

PATTERN = "KeyboardInterrupt"
CLIENTS = 4
"""Each asks again as soon as it has its answer."""

LISTINGS = {"trusted": "3600", "revalidated": "0"}
"""Values of `GISTSEARCH_FRESH_S`."""


def throughput(gists: int, searches: int, pairs: int) -> str:
    """Compare the rate of searches with that of ripgrep, with all processors to themselves in turn."""
    with tempfile.TemporaryDirectory() as place, github_process(gists, 0) as github:
        files = write_files(Path(place, "files"), gists)
        settings = {**github, "GISTSEARCH_STORE": f"{place}/store"}
        run([*GISTSEARCH, "store", "sync", USER], settings)
        ripgrep = ripgrep_over(PATTERN, files)
        rows = [
            _row(listing, workers, {**settings, "GISTSEARCH_FRESH_S": fresh_s}, ripgrep, searches, pairs)
            for listing, fresh_s in LISTINGS.items()
            for workers in (1, 2)
        ]
    heads = ["listing", "workers", "searches a second", "ripgreps a second", "ours / ripgrep"]
    return (
        f"### Throughput: `{PATTERN}` in {gists:,} gists, {files.size_bytes / 1e6:.0f} MB, {CLIENTS} clients,"
        f" {pairs} pairs of {searches} searches\n\n" + table(heads, rows) + "\n"
    )


def _row(
    listing: str, workers: int, settings: Mapping[str, str], ripgrep: Callable[[], object], searches: int, pairs: int
) -> list[str]:
    with serving(settings, workers) as there, urllib3.PoolManager(maxsize=CLIENTS) as http:

        def search(_: int) -> None:
            answer = http.request("POST", there.url + SEARCH, json={"username": USER, "pattern": PATTERN})
            if json.loads(answer.data)["status"] != "success":
                raise RuntimeError(answer.data[:500])

        with ThreadPoolExecutor(CLIENTS) as clients:
            ours = timed(lambda: list(clients.map(search, range(searches))))
            theirs = timed(lambda: [ripgrep() for _ in range(searches)])
            by_time = in_turn(theirs, ours, pairs)
    return [
        listing,
        f"{workers}",
        f"{searches / by_time.b:.1f}",
        f"{searches / by_time.a:.1f}",
        f"{by_time.ratio:.2f}",
    ]
