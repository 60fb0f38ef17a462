"""Runs commands and functions side by side, and says what they took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import IO, cast

from attrs import frozen


@frozen
class Run:
    """What one run of a command took, by the operating system's own accounting."""

    wall_s: float
    cpu_s: float
    output: bytes
    errors: bytes
    first_output_s: float
    """When the first byte came on standard output; infinite where none did."""


@frozen
class Pair:
    """The medians of runs in turn, A B A B …, and of what can be said of each two."""

    a: float
    b: float
    ratio: float
    """A by B, pair by pair."""
    difference: float
    """A less B, pair by pair."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)) -> Run:
    """Run a command to its end.

    Raises:
        RuntimeError: it ended with another status than expected; the message holds what it said.
    """
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # the commands are the benchmarks' own
        command,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},  # Users have compiled modules.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)
    with out, err:
        first = out.read(1)
        first_output_s = time.perf_counter() - began if first else float("inf")
        output, errors = first + out.read(), err.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expect:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {errors.decode(errors='replace')[-500:]}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, output, errors, first_output_s)


def run_for_peak(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Run, int]:
    """Run a command to its end, and tell its largest resident set, in bytes, as well."""
    done = run([sys.executable, "-m", "bench.peak", *command], environment)
    return done, int(done.errors.split()[-1])


def in_turn(a: Callable[[], float], b: Callable[[], float], pairs: int) -> Pair:
    """Take both figures so many times in turn, after one warm-up each."""
    a()
    b()
    figures = [(a(), b()) for _ in range(pairs)]
    return Pair(
        median(x for x, _ in figures),
        median(y for _, y in figures),
        median(x / y if y else 0.0 for x, y in figures),
        median(x - y for x, y in figures),
    )


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return what runs the work and gives the seconds that it took."""

    def seconds() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return seconds


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows as a Markdown table."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)
