"""Cold: many small gists over a network with latency; ours, one request after another, and curl with ripgrep."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import in_turn, run, table, timed
from bench.world import environment, gists_of, search, tool

PATTERN = "KeyboardInterrupt"
CONCURRENCY = 64


def cold(gists: int, latencies_ms: Sequence[float], pairs: int) -> str:
    """Compare whole commands, from start to exit, over networks of such latencies."""
    return "\n".join(_cold(gists, latency_ms, pairs) for latency_ms in latencies_ms)


def _cold(gists: int, latency_ms: float, pairs: int) -> str:
    with gists_of(gists, latency_ms) as github:
        settings = environment(github, GISTSEARCH_CONCURRENCY=str(CONCURRENCY))
        ours = timed(lambda: run(search("-l", PATTERN), settings))
        pipeline = timed(lambda: _curl_and_ripgrep(github.api_url, gists))
        sequential = timed(lambda: run([sys.executable, "-m", "bench.sequential", github.api_url, PATTERN]))
        by_pipeline = in_turn(ours, pipeline, pairs)
        by_sequential = in_turn(ours, sequential, pairs)
        cpu = sorted(run(search("-l", PATTERN), settings).cpu_s for _ in range(pairs))[pairs // 2]
    with gists_of(1) as github:
        settings = environment(github)
        start_cpu = sorted(run(search("-l", PATTERN), settings, (0, 1)).cpu_s for _ in range(pairs))[pairs // 2]
    rows = [
        ["curl --parallel, ripgrep", f"{by_pipeline.a:.3f} s", f"{by_pipeline.b:.3f} s", f"{by_pipeline.ratio:.2f}"],
        ["sequential client", f"{by_sequential.a:.3f} s", f"{by_sequential.b:.3f} s", f"{by_sequential.ratio:.4f}"],
    ]
    return (
        f"### Cold: {gists} gists, {latency_ms:.0f} ms a request, concurrency {CONCURRENCY}, {pairs} pairs\n\n"
        + table(["against", "ours", "theirs", "ours / theirs"], rows)
        + f"\n\nCPU of our process: {cpu:.3f} s in all, {1_000 * (cpu - start_cpu) / gists:.2f} ms a gist"
        + f" without its start ({start_cpu:.3f} s).\n"
    )


def _curl_and_ripgrep(api_url: str, gists: int) -> None:
    """What a user could type, with the number of pages known beforehand, which is a gift."""
    curl, ripgrep = tool("curl", "curl"), tool("rg", "ripgrep")
    pages = max(1, -(-gists // 100))
    with tempfile.TemporaryDirectory() as place:
        many = ["--silent", "--fail", "--parallel", "--parallel-max", str(CONCURRENCY), "--parallel-immediate"]
        listing = f"{api_url}/users/octo/gists?per_page=100&page=[1-{pages}]"
        run([curl, *many, "--output", f"{place}/page#1.json", listing])
        urls = run([ripgrep, "--no-filename", "-o", r'"raw_url": ?"([^"]+)"', "-r", "$1", "-g", "page*.json", place])
        config = "".join(
            f'url = "{url}"\noutput = "{place}/{number}.txt"\n'
            for number, url in enumerate(urls.output.decode().split())
        )
        Path(place, "config").write_text(config)
        run([curl, *many, "--config", f"{place}/config"])
        run([ripgrep, "-l", PATTERN, "-g", "*.txt", place])
