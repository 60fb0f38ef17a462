"""Memory: the peak of the whole command against the size of a file, of many lines or of one."""

from __future__ import annotations

from statistics import median

from bench.measuring import run_for_peak, table
from bench.world import environment, one_file, search

KIB = 1 << 10
MIB = 1 << 20


def memory(sizes: list[int], runs: int) -> str:
    """Search files with the needle at their very end."""
    rows: list[list[str]] = []
    for size in sizes:
        cells: list[str] = []
        for line in (b"a line of forty characters, more or less\n", b"no line end in these words "):
            with one_file(size, line, b"needle") as github:
                settings = environment(github, GISTSEARCH_TIMEOUT_S="3600")
                done = [run_for_peak(search("-c", "needle"), settings) for _ in range(runs)]
            if not all(one.output.rstrip().endswith(b":1") for one, _ in done):
                raise RuntimeError("the needle at the end was not found")
            cells.append(f"{median(peak for _, peak in done) / MIB:.1f} MiB")
            cells.append(f"{median(one.wall_s for one, _ in done):.1f} s")
        rows.append([f"{size / MIB:,.0f} MiB", *cells])
    heads = ["size", "peak, lines", "time, lines", "peak, one line", "time, one line"]
    return f"### Memory of the command, median of {runs}\n\n" + table(heads, rows) + "\n"
