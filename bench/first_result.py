"""First result: how long after the command's imports the first line is there."""

from __future__ import annotations

from statistics import median

from bench.cold import CONCURRENCY
from bench.measuring import run, table
from bench.world import environment, gists_of, search


def first_result(gists: int, latency_ms: float, runs: int) -> str:
    """Time from the start to the first byte, less the same for a single gist without latency: start and imports."""
    settings = {"GISTSEARCH_CONCURRENCY": str(CONCURRENCY)}
    with gists_of(1) as near, gists_of(gists, latency_ms) as github:
        starts: list[float] = []
        firsts: list[float] = []
        for _ in range(runs + 1):
            starts.append(run(search("import"), environment(near, **settings)).first_output_s)
            firsts.append(run(search("import"), environment(github, **settings)).first_output_s)
    start, first = median(starts[1:]), median(firsts[1:])
    row = [f"{1_000 * start:.0f} ms", f"{1_000 * first:.0f} ms", f"{1_000 * (first - start):.0f} ms"]
    return (
        f"### First result: {gists} gists, {latency_ms:.0f} ms a request, {runs} runs\n\n"
        + table(["start, imports and one gist without latency", "first byte", "difference"], [row])
        + f"\n\nTwo round trips (listing, file) are {2 * latency_ms:.0f} ms.\n"
    )
