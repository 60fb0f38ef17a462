"""Gists of real source files: served by a loopback GitHub in a process of its own, and on disk for ripgrep."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from attrs import frozen

from bench.measuring import run
from bench.world import USER, tool
from tests.loopback_github import real_gists


@frozen
class Files:
    directory: Path
    size_bytes: int


def write_files(directory: Path, gists: int) -> Files:
    size_bytes = 0
    for number, gist in enumerate(real_gists(gists)):
        place = directory / f"{number}"
        place.mkdir(parents=True)
        for file in gist.files:
            size_bytes += (place / file.name).write_bytes(cast("bytes", file.content))
    return Files(directory, size_bytes)


@contextmanager
def github_process(gists: int, latency_ms: float) -> Generator[dict[str, str], None, None]:
    """Run a loopback GitHub in a process of its own, and yield the settings that point at it."""
    command = [sys.executable, "-m", "tests.loopback_github", "--user", USER, "--gists", f"{gists}"]
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*command, "--latency-ms", f"{latency_ms}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        words = cast("IO[str]", process.stdout).readline().split()
        yield {"NO_COLOR": "1", "GISTSEARCH_STORE": "off", **dict(word.split("=", 1) for word in words[1:])}
    finally:
        process.terminate()
        process.communicate()


def ripgrep_over(pattern: str, files: Files) -> Callable[[], object]:
    command = [tool("rg", "ripgrep"), "-l", "--no-ignore", "--hidden", "-e", pattern, str(files.directory)]
    return lambda: run(command, expect=(0, 1))
