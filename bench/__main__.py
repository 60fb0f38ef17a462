"""`python -m bench [NAME ...] [--quick]`: run the benchmarks and print their tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bench.cold import cold
from bench.dask import dask
from bench.first_result import first_result
from bench.growth import growth
from bench.hostile import PATTERNS, hostile
from bench.matcher import matcher
from bench.memory import MIB, memory
from bench.page import page
from bench.service import service
from bench.start import start
from bench.throughput import throughput
from bench.users import users
from bench.warm import warm
from bench.world import ToolMissing, machine

FULL: dict[str, Callable[[], str]] = {
    "cold": lambda: cold(gists=1_000, latencies_ms=[30, 0], pairs=5),
    "first": lambda: first_result(gists=1_000, latency_ms=30, pairs=15),
    "warm": lambda: warm(gists=3_000, few_gists=446, pairs=7),
    "dask": lambda: dask(users=1_000, gists=20, pairs=3),
    "throughput": lambda: throughput(gists=3_000, searches=20, pairs=7),
    "matcher": lambda: matcher(size=64 * MIB, pairs=5),
    "memory": lambda: memory([MIB, 64 * MIB, 1024 * MIB, 4096 * MIB], runs=1),
    "growth": lambda: growth([25, 50, 100, 200], runs=5),
    "hostile": lambda: hostile(64 * MIB, runs=5),
    "service": lambda: service(searches=200, huge_bytes=1024 * MIB, streams=10),
    "start": lambda: start(pairs=10),
    "users": lambda: users(2_000, few=20, latency_ms=30, concurrencies=[8, 32]),
    "page": lambda: page(gists=3_000, latency_ms=30, lines=[10_000, 100_000], pairs=9),
}
QUICK: dict[str, Callable[[], str]] = {
    "cold": lambda: cold(gists=12, latencies_ms=[1], pairs=1),
    "first": lambda: first_result(gists=3, latency_ms=1, pairs=1),
    "warm": lambda: warm(gists=12, few_gists=3, pairs=1),
    "dask": lambda: dask(users=4, gists=2, pairs=1),
    "throughput": lambda: throughput(gists=12, searches=4, pairs=1),
    "matcher": lambda: matcher(size=MIB, pairs=1),
    "memory": lambda: memory([MIB], runs=1),
    "growth": lambda: growth([1], runs=1),
    "hostile": lambda: hostile(MIB, runs=1, patterns=PATTERNS[:1]),
    "service": lambda: service(searches=4, huge_bytes=MIB, streams=1),
    "start": lambda: start(pairs=1),
    "users": lambda: users(4, few=2, latency_ms=1, concurrencies=[2]),
    "page": lambda: page(gists=3, latency_ms=1, lines=[40], pairs=1),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*FULL, []], metavar="NAME", help=", ".join(FULL))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    asked = parser.parse_args()
    sys.stdout.write(f"{machine()}\n\n")
    for name in asked.names or FULL:
        try:
            sys.stdout.write((QUICK if asked.quick else FULL)[name]() + "\n")
        except ToolMissing as missing:
            sys.stderr.write(f"{name}: {missing}\n")
            return 2
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
