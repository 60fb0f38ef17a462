"""Two workers of a cluster beside one: the same users, warm, so that processors are what a search waits for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.measuring import in_turn, run, table, timed
from bench.world import GISTSEARCH, environment
from tests.loopback_github import LoopbackGitHub, real_gists, unused_port

PATTERN = r"(?i)(key|secret|token|password)\w*\s*[:=]\s*['\"][\w+/-]{16,}"
PINNED = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execv(sys.executable, sys.argv[2:])"
"""Has a program use one core."""
JOIN_S = 60.0


def dask(users: int, gists: int, pairs: int) -> str:
    """Run the same search on a cluster of one worker and on one of two, in turn. Each worker has a core."""
    every = real_gists(users * gists)
    listings = {f"user-{number}": every[number * gists : (number + 1) * gists] for number in range(users)}
    with tempfile.TemporaryDirectory() as name, LoopbackGitHub(listings, record=False) as github, ExitStack() as stack:
        place = Path(name)
        names = place / "users"
        names.write_text("\n".join(listings))
        run(_search(names), environment(github, GISTSEARCH_STORE=str(place / "0")), expect=(0, 1))
        shutil.copytree(place / "0", place / "1")
        one, two = (stack.enter_context(_cluster(github, place, cores)) for cores in ((0,), (0, 1)))
        settings = environment(github)
        figures = in_turn(
            timed(lambda: run(_search(names, "--engine", one), settings, expect=(0, 1))),
            timed(lambda: run(_search(names, "--engine", two), settings, expect=(0, 1))),
            pairs,
        )
    rows = [
        ["1", f"{figures.a:.1f} s", f"{users / figures.a:.0f}", ""],
        ["2", f"{figures.b:.1f} s", f"{users / figures.b:.0f}", f"{figures.ratio:.2f}"],
    ]
    return (
        f"### A cluster: {users:,} users with {gists} gists each, warm, {pairs} pairs\n\n"
        + table(["workers, a core each", "run", "users/s", "speed-up"], rows)
        + "\n\nThe scheduler and the command share the cores with the workers.\n"
    )


def _search(names: Path, *more: str) -> list[str]:
    return [*GISTSEARCH, "search", "-U", "-l", PATTERN, "--users", str(names), "--no-progress", *more]


@contextmanager
def _cluster(github: LoopbackGitHub, place: Path, cores: tuple[int, ...]) -> Generator[str]:
    """Start a scheduler, and a worker for each core, whose store has its number."""
    port = unused_port()
    listening = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    address = f"dask://127.0.0.1:{port}"
    log = place / f"{len(cores)}.log"
    processes = [_start(log, {}, "-m", "distributed.cli.dask_scheduler", *listening)]
    try:
        _wait(lambda: _listens(port))
        for core in cores:
            settings = environment(github, GISTSEARCH_STORE=str(place / str(core)), GISTSEARCH_FRESH_S="86400")
            worker = [*GISTSEARCH, "worker", "--engine", address]
            words = ["-c", PINNED, str(core), *worker] if hasattr(os, "sched_setaffinity") else worker[1:]
            processes.append(_start(log, settings, *words))
        _wait(lambda: log.read_text().count("searching for the clients") == len(cores))
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start(log: Path, settings: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen([sys.executable, *words], env={**os.environ, **settings}, stdout=out, stderr=out)  # noqa: S603


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(is_so: Callable[[], bool]) -> None:
    due_s = time.monotonic() + JOIN_S
    while not is_so():
        if time.monotonic() > due_s:
            raise RuntimeError("the cluster does not start")
        time.sleep(0.1)
