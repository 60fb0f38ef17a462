"""Start: `gistsearch --version` against an interpreter that does nothing."""

from __future__ import annotations

import sys

from bench.measuring import in_turn, run, table, timed
from bench.world import GISTSEARCH


def start(pairs: int) -> str:
    """Compare whole processes."""
    version = in_turn(
        timed(lambda: run([*GISTSEARCH, "--version"])), timed(lambda: run([sys.executable, "-c", "pass"])), pairs
    )
    search = in_turn(
        timed(lambda: run([*GISTSEARCH, "search", "--backend", "memory", "-q", "import", "justdionysus"])),
        timed(lambda: run([sys.executable, "-c", "pass"])),
        pairs,
    )
    rows = [
        [name, f"{1_000 * pair.a:.0f} ms", f"{1_000 * pair.b:.0f} ms", f"{pair.ratio:.2f}"]
        for name, pair in [("gistsearch --version", version), ("gistsearch search --backend memory", search)]
    ]
    return f"### Start, {pairs} pairs\n\n" + table(["command", "it", "python -c pass", "ratio"], rows) + "\n"
