"""Hostile patterns: how late the answer is after its deadline, on one long line."""

from __future__ import annotations

from bench.measuring import run, table
from bench.world import environment, one_file, search

PATTERNS = [r"[\x{0}-\x{10FFFF}]{1000}b", r"\w{1000}\d{1000}", r"(?:a?){500}a{400}b"]
TIMEOUT_S = 3.0


def hostile(size: int, runs: int) -> str:
    """Time a search that cannot be done in its time, less that time and the command's start."""
    rows: list[list[str]] = []
    with one_file(size, b"a" * 64, b"needle") as github, one_file(100, b"a" * 64, b"needle") as small:
        start = min(run(search("needle"), environment(small)).wall_s for _ in range(runs))
        for pattern in PATTERNS:
            command = search("-c", "--timeout", str(TIMEOUT_S), pattern)
            late = [run(command, environment(github), (0, 1, 2)).wall_s - TIMEOUT_S - start for _ in range(runs)]
            rows.append([f"`{pattern}`", f"{1_000 * max(late):.0f} ms"])
    return (
        f"### Hostile patterns on one line of {size >> 20} MiB, {TIMEOUT_S:.0f} s allowed, the worst of {runs} runs\n\n"
        + table(["pattern", "beyond the deadline (negative: it was seen to be hopeless before)"], rows)
        + "\n"
    )
