"""Many users: runs over lists of users with a few gists each, beside the bound that latency and concurrency set."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import Run, run_for_peak, table
from bench.world import GISTSEARCH, environment
from tests.loopback_github import LoopbackGitHub, real_gists

GISTS_PER_USER = 5
PATTERN = "KeyboardInterrupt"


def users(count: int, few: int, latency_ms: float, concurrencies: Sequence[int]) -> str:
    """Time runs over a list of users, without and with a store, and compare the memory of long and short ones."""
    with tempfile.TemporaryDirectory() as place, _github(count, latency_ms) as github:
        rows = [_cold(github, Path(place), count, latency_ms, concurrency) for concurrency in concurrencies]
        short = _run(github, Path(place), few, GISTSEARCH_STORE="off")[1]
        rows_again = [_stored(name, github, Path(place), count) for name in ("first", "second")]
    heads = [
        "concurrency",
        "run",
        "the bound",
        "run / bound",
        "CPU",
        "CPU a file",
        "peak",
        f"peak / that of {few} users",
    ]
    return (
        f"### Many users: {count:,} with {GISTS_PER_USER} gists each, {latency_ms:.0f} ms a request\n\n"
        + table(heads, [[*row[:-1], f"{float(row[-1]) / short:.2f}"] for row in rows])
        + f"\n\nThe bound: {count:,} users x {GISTS_PER_USER} files x {latency_ms:.0f} ms / concurrency.\n\n"
        + table(["with a store", "run", "requests for listings", "of them conditional", "for content"], rows_again)
        + "\n"
    )


def _cold(github: LoopbackGitHub, place: Path, count: int, latency_ms: float, concurrency: int) -> list[str]:
    done, peak = _run(github, place, count, GISTSEARCH_STORE="off", GISTSEARCH_CONCURRENCY=str(concurrency))
    bound_s = count * GISTS_PER_USER * latency_ms / 1_000 / concurrency
    files = count * GISTS_PER_USER
    return [
        str(concurrency),
        f"{done.wall_s:.1f} s",
        f"{bound_s:.1f} s",
        f"{done.wall_s / bound_s:.2f}",
        f"{done.cpu_s:.1f} s",
        f"{1_000 * done.cpu_s / files:.2f} ms",
        f"{peak / 2**20:.1f} MiB",
        str(peak),
    ]


def _stored(name: str, github: LoopbackGitHub, place: Path, count: int) -> list[str]:
    before = len(github.requests)
    done, _ = _run(github, place, count, GISTSEARCH_STORE=str(place / "store"))
    requests = github.requests[before:]
    listings = [request for request in requests if request.listener == "api"]
    conditional = sum("if-none-match" in request.fields for request in listings)
    return [
        name,
        f"{done.wall_s:.1f} s",
        f"{len(listings):,}",
        f"{conditional:,}",
        f"{len(requests) - len(listings):,}",
    ]


def _run(github: LoopbackGitHub, place: Path, count: int, **settings: str) -> tuple[Run, int]:
    names = place / f"{count}.txt"
    names.write_text("".join(f"user-{number}\n" for number in range(count)))
    command = [*GISTSEARCH, "search", "-l", PATTERN, "--users", str(names)]
    return run_for_peak(command, environment(github, **settings))


def _github(count: int, latency_ms: float) -> LoopbackGitHub:
    gists = real_gists(count * GISTS_PER_USER)
    listings = {
        f"user-{number}": gists[number * GISTS_PER_USER : (number + 1) * GISTS_PER_USER] for number in range(count)
    }
    return LoopbackGitHub(listings, latency_s=latency_ms / 1_000)
