"""What the benchmarks run against: a loopback GitHub, the tools of others, and this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, Streamed, real_gists

USER = "octo"
GISTSEARCH = [sys.executable, "-m", "gistsearch"]


class ToolMissing(Exception):
    """Indicates that a program to compare with is not installed."""


def tool(name: str, package: str) -> str:
    """Find a program.

    Raises:
        ToolMissing: it is not there; the message says how Debian has it.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(f"{name} is needed to compare with: apt-get install {package}")
    return path


def machine() -> str:
    """Describe this machine and what runs on it, in a line."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return (
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()},"
        f" urllib3 {version('urllib3')}, google-re2 {version('google-re2')}"
    )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def gists_of(count: int, latency_ms: float = 0.0) -> LoopbackGitHub:
    """Return a GitHub whose user has so many gists of one real source file each, and that takes its time to answer."""
    return LoopbackGitHub({USER: real_gists(count)}, latency_s=latency_ms / 1_000)


def one_file(size: int, line: bytes, needle: bytes) -> LoopbackGitHub:
    """Return a GitHub whose user has one gist of one file, made as it is sent, with the needle at its end."""

    def chunks() -> Iterator[bytes]:
        block = line * ((1 << 18) // len(line))
        left = size - len(needle)
        while left > 0:
            yield block[:left]
            left -= len(block)
        yield needle

    file = LoopbackFile("big.txt", Streamed(size, chunks, None), None)
    return LoopbackGitHub({USER: [LoopbackGist([file])]})


def environment(github: LoopbackGitHub, **more: str) -> dict[str, str]:
    """Return the settings that point the command at a loopback GitHub."""
    return {
        "GISTSEARCH_GITHUB_API_URL": github.api_url,
        "GISTSEARCH_GITHUB_RAW_ORIGINS": github.raw_origin,
        "GISTSEARCH_STORE": "off",
        "NO_COLOR": "1",
        **more,
    }


def search(*arguments: str) -> list[str]:
    """Return the command line of a search of the user's gists."""
    return [*GISTSEARCH, "search", *arguments, USER]
