"""The service under load: many searches at once, hostile clients, and memory while it streams huge files."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import IO, cast

import urllib3

from bench.hostile import PATTERNS
from bench.measuring import table
from bench.serving import SEARCH, Service, serving
from bench.world import USER, environment, one_file
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub

HEADS, BODIES, HOSTILE = 200, 64, 20
"""Half-sent requests, half-sent bodies, and hostile patterns at once."""
MIB = 1 << 20

_PROBE = """
import http.client, sys, time
host, port = sys.argv[1:]
while True:
    began = time.perf_counter()
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.request("GET", "/livez")
    connection.getresponse().read()
    connection.close()
    print(time.perf_counter() - began, flush=True)
    time.sleep(0.01)
"""
"""Asks for /livez again and again, in a process of its own, which does not wait for threads of this one."""


def service(searches: int, huge_bytes: int, streams: int) -> str:
    """Put the service under load."""
    rows = [_burst(searches), _burst(searches * 5 // 2), _besieged(searches)]
    heads = ["load", "answers", "slowest answer", "/livez, p99", "slowest", "connections: API", "raw"]
    memory = _memory(huge_bytes, streams)
    return (
        "### Service, 200 ms a request to GitHub\n\n" + table(heads, rows) + f"\n\n{memory}\n\n"
        f"Bounds of connections: 12 to the API, 32 to the raw host. A siege is {HEADS} half-sent heads,"
        f" {BODIES} half-sent bodies and {HOSTILE} hostile patterns.\n"
    )


def _burst(searches: int) -> list[str]:
    with _gists() as github, serving(_settings(github)) as there, _probing(there) as latencies:
        statuses, slowest_s = _search_at_once(there, searches)
    return _row(f"{searches} searches at once", statuses, slowest_s, latencies, github)


def _besieged(searches: int) -> list[str]:
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with _gists() as github, serving(_settings(github)) as there, ExitStack() as stack:
        latencies = stack.enter_context(_probing(there))
        for number in range(HEADS + BODIES):
            connection = stack.enter_context(socket.create_connection((there.host, there.port)))
            body = 'Content-Length: 50\r\n\r\n{"username": ' if number < BODIES else ""
            connection.sendall((head + body).encode())
        threads = stack.enter_context(ThreadPoolExecutor(HOSTILE))
        for number in range(HOSTILE):
            threads.submit(_search, there, "hostile", PATTERNS[number % len(PATTERNS)])
        statuses, slowest_s = _search_at_once(there, searches)
    return _row(f"{searches} searches at once under a siege", statuses, slowest_s, latencies, github)


def _memory(size: int, streams: int) -> str:
    with (
        one_file(size, b"a line of forty characters, more or less\n", b"needle") as github,
        serving(_settings(github)) as there,
    ):
        idle = there.peak_bytes()
        with ThreadPoolExecutor(streams) as threads:
            answers = [threads.submit(_stream, there) for _ in range(streams)]
        ends = [answer.result() for answer in answers]
        peak = there.peak_bytes()
    complete = sum('"complete": true' in end for end in ends)
    return (
        f"Memory: {peak / MIB:.0f} MiB at most while {streams} clients stream a file of {size // MIB:,} MiB each"
        f" ({complete} complete), {idle / MIB:.0f} MiB before."
    )


def _gists() -> LoopbackGitHub:
    few = [LoopbackGist([LoopbackFile(f"{number}.py", b"needle\n" * 50)]) for number in range(5)]
    slow = [LoopbackGist([LoopbackFile("a", b"a" * MIB)])]
    return LoopbackGitHub({USER: few, "hostile": slow}, latency_s=0.2, record=False)


def _settings(github: LoopbackGitHub) -> dict[str, str]:
    return environment(github, GISTSEARCH_MAX_SEARCHES_PER_CLIENT="1024", GISTSEARCH_TIMEOUT_S="3600")


@contextmanager
def _probing(there: Service) -> Generator[list[float], None, None]:
    """Fill the list with the seconds that `/livez` takes."""
    latencies: list[float] = []
    command = [sys.executable, "-c", _PROBE, there.host, str(there.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        lines = cast("IO[str]", process.stdout)
        latencies.append(float(lines.readline()))
        reader = threading.Thread(target=lambda: latencies.extend(map(float, lines)))
        reader.start()
        try:
            yield latencies
        finally:
            process.terminate()
            reader.join()


def _search_at_once(there: Service, searches: int) -> tuple[Counter[int], float]:
    began = time.perf_counter()
    with ThreadPoolExecutor(searches) as threads:
        answers = [threads.submit(_search, there, USER, "needle") for _ in range(searches)]
    return Counter(answer.result() for answer in answers), time.perf_counter() - began


def _search(there: Service, username: str, pattern: str) -> int:
    asked = {"username": username, "pattern": pattern, "timeout_s": 30}
    answer = urllib3.request("POST", there.url + SEARCH, json=asked, retries=False, timeout=120.0)
    complete = answer.status != 200 or username != USER or json.loads(answer.data)["status"] == "success"
    return answer.status if complete else 206


def _stream(there: Service) -> str:
    """Read a stream to its end, which is returned."""
    with urllib3.PoolManager() as http:
        url = f"{there.url}{SEARCH}?username={USER}&pattern=needle"
        answer = http.request("GET", url, headers={"Accept": "application/x-ndjson"}, preload_content=False)
        return b"".join(answer.stream()).decode().splitlines()[-1]


def _row(
    load: str, statuses: Counter[int], slowest_s: float, latencies: list[float], github: LoopbackGitHub
) -> list[str]:
    ranked = sorted(latencies)
    return [
        load,
        ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items())),
        f"{slowest_s:.1f} s",
        f"{1_000 * ranked[int(0.99 * len(ranked))]:.0f} ms",
        f"{1_000 * ranked[-1]:.0f} ms",
        str(github.most_connections["api"]),
        str(github.most_connections["raw"]),
    ]
