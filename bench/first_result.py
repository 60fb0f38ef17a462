"""First result: how long after the command's imports the first line is there."""

from __future__ import annotations

from bench.cold import CONCURRENCY
from bench.measuring import in_turn, run, table
from bench.world import environment, gists_of, search
from tests.loopback_github import LoopbackGitHub


def first_result(gists: int, latency_ms: float, pairs: int) -> str:
    """Time from the start to the first byte, less the same for a single gist without latency: start and imports."""

    def first_output_s(github: LoopbackGitHub) -> float:
        settings = environment(github, GISTSEARCH_CONCURRENCY=str(CONCURRENCY))
        return run(search("import"), settings).first_output_s

    with gists_of(1) as near, gists_of(gists, latency_ms) as github:
        first = in_turn(lambda: first_output_s(github), lambda: first_output_s(near), pairs)
    row = [f"{1_000 * first.b:.0f} ms", f"{1_000 * first.a:.0f} ms", f"{1_000 * first.difference:.0f} ms"]
    return (
        f"### First result: {gists} gists, {latency_ms:.0f} ms a request, {pairs} pairs\n\n"
        + table(["start, imports and one gist without latency", "first byte", "difference"], [row])
        + f"\n\nTwo round trips (listing, file) are {2 * latency_ms:.0f} ms.\n"
    )
