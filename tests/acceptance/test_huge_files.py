"""Huge files: found at their very end, in flat memory, at any speed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench.measuring import run_for_peak
from tests.acceptance.conftest import COMMAND, environment_for, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, Streamed, real_gists

MIB = 1 << 20
SIZE = int(os.environ.get("GISTSEARCH_TEST_HUGE_MIB", "128")) * MIB
"""1 GiB takes about ten seconds a test: GISTSEARCH_TEST_HUGE_MIB=1024."""
PEAK_BYTES = 96 * MIB


def made_of(line: bytes, size: int) -> Streamed:
    """Return content of one line again and again, the needle at its end."""

    def chunks() -> Iterator[bytes]:
        block = line * (MIB // 4 // len(line))
        left = size - len(b"needle")
        while left > 0:
            yield block[:left]
            left -= len(block)
        yield b"needle"

    return Streamed(size, chunks, None)


@pytest.mark.parametrize(
    "line", [b"a line of some forty characters or so..\n", b"no line end, not one, in all this text, "]
)
def test_a_needle_at_the_end_of_a_huge_file_is_found_in_flat_memory(line: bytes) -> None:
    """Lines, or one line: found, with the peak of the whole process bounded."""
    with LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("huge", made_of(line, SIZE), None)])]}) as github:
        done, peak = run_for_peak(
            [*COMMAND, "search", "--timeout", "600", "needle$", "octo"],
            environment_for(github, GISTSEARCH_READ_TIMEOUT_S="60"),
        )
    lines = (SIZE - len(b"needle")) // len(line) + 1 if line.endswith(b"\n") else 1
    assert f":huge:{lines}:".encode() in done.output
    assert b"needle" in done.output
    assert peak < PEAK_BYTES


@pytest.mark.parametrize("pace", [(1, 0.0), (997, 0.0), (3_000, 0.01)])
def test_the_same_is_found_at_any_speed(pace: tuple[int, float]) -> None:
    """300 KB/s or all at once, one byte at a time or not: the same answer."""
    gists = [
        LoopbackGist([LoopbackFile("part.py", _beginning(gist, 4_321))], id=str(at))
        for at, gist in enumerate(real_gists(3))
    ]
    arguments = ("search", "-C", "2", "-i", "def|import", "octo")
    with LoopbackGitHub({"octo": gists}) as github:
        at_once = gistsearch(*arguments, environment=environment_for(github))
    with LoopbackGitHub({"octo": gists}, pace=pace) as github:
        slowly = gistsearch(*arguments, environment=environment_for(github))
    assert sorted(slowly.stdout.splitlines()) == sorted(at_once.stdout.splitlines())
    assert (slowly.returncode, at_once.returncode) == (0, 0)


def _beginning(gist: LoopbackGist, size: int) -> bytes:
    content = gist.files[0].content
    assert isinstance(content, bytes)
    return content[:size]
