"""Hostile patterns: how late the answer is after its deadline, on one long line and on many."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measuring import Run, run, table
from bench.world import environment, one_file, search
from tests.loopback_github import LoopbackGitHub

PATTERNS = [
    r"[\x{0}-\x{10FFFF}]{1000}b",
    r"\w{1000}\d{1000}",
    r"(?:a?){500}a{400}b",
    r"(?:.?){300}b",
    r"(a+)+$",
]
TIMEOUT_S = 3.0


def hostile(size: int, runs: int, patterns: Sequence[str] = PATTERNS) -> str:
    """Time searches that may well take longer than they are allowed to."""
    rows: list[list[str]] = []
    with one_file(100, b"a" * 64, b"needle") as small:
        start_s = min(run(search("needle"), environment(small)).wall_s for _ in range(runs))
    for shape, line in [("one line", b"a" * 64), ("lines", b"a" * 63 + b"\n")]:
        with one_file(size, line, b"needle") as github:
            rows += [[f"`{pattern}`", shape, *_ended(github, pattern, runs, start_s)] for pattern in patterns]
    return (
        f"### Hostile patterns on {size >> 20} MiB, {TIMEOUT_S:.0f} s allowed, the slowest of {runs} runs\n\n"
        + table(["pattern", "text", "ended", "took", "after its deadline"], rows)
        + f"\n\nWithout the command's start, {start_s:.2f} s.\n"
    )


def _ended(github: LoopbackGitHub, pattern: str, runs: int, start_s: float) -> list[str]:
    command = search("-c", "--timeout", str(TIMEOUT_S), pattern)
    slowest = max((run(command, environment(github), (0, 1, 2)) for _ in range(runs)), key=lambda done: done.wall_s)
    took_s = slowest.wall_s - start_s
    late = f"{1_000 * (took_s - TIMEOUT_S):.0f} ms" if took_s > TIMEOUT_S else "–"
    return [_end(slowest), f"{took_s:.2f} s", late]


def _end(done: Run) -> str:
    if b"too slow" in done.errors:
        return "seen to be hopeless"
    return "by the deadline" if b"deadline" in done.errors else "searched to the end"
