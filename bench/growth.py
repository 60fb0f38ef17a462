"""Growth: time against the number of gists, the bytes, and the matches."""

from __future__ import annotations

from statistics import median

from bench.measuring import run, table
from bench.world import environment, gists_of, one_file, search
from tests.loopback_github import LoopbackGitHub


def growth(steps: list[int], runs: int) -> str:
    """Time whole commands, each step twice or more the one before."""
    gists = [[f"{step * 10:,}", _time(gists_of(step * 10), search("-l", "KeyboardInterrupt"), runs)] for step in steps]
    line = b"a line of forty characters, more or less\n"
    sizes = [
        [f"{step:,} MiB", _time(one_file(step << 20, line, b"needle"), search("-c", "needle"), runs)] for step in steps
    ]
    matches = [
        [f"{step * 1_000:,}", _time(one_file(step * 41_000, line, b""), search("forty"), runs)] for step in steps
    ]
    return (
        "\n\n".join(
            [
                f"### Growth, median of {runs}",
                table(["gists", "time"], gists),
                table(["bytes in one file", "time"], sizes),
                table(["matching lines printed", "time"], matches),
            ]
        )
        + "\n"
    )


def _time(world: LoopbackGitHub, command: list[str], runs: int) -> str:
    with world as github:
        settings = environment(github, GISTSEARCH_TIMEOUT_S="3600")
        return f"{median(run(command, settings, (0, 1)).wall_s for _ in range(runs)):.2f} s"
