"""Patterns that kill backtracking engines: answered or refused in time, while the server goes on answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import urllib3

from tests.acceptance.conftest import Environment, Server, environment_for, gistsearch
from tests.acceptance.hostile import COMPILE_TIME, SEARCH_TIME, TEXTS
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, Streamed

DEADLINE_S = 5.0
GRACE_S = 2.0
"""What a noisy machine may add."""


def test_hostile_patterns_are_answered_or_refused_while_the_server_goes_on_answering(
    serve: Callable[[Environment], Server],
) -> None:
    """Each ends within its deadline, and `/ping` never waits for one."""
    assert len(SEARCH_TIME + COMPILE_TIME) >= 50
    gists = [LoopbackGist([LoopbackFile(f"{at}.txt", text, None)]) for at, text in enumerate(TEXTS)]
    with LoopbackGitHub({"octo": gists}) as github:
        server = serve(environment_for(github))
        pings: list[float] = []
        done = threading.Event()
        pinger = threading.Thread(target=_ping, args=(server, pings, done))
        pinger.start()
        for pattern in SEARCH_TIME + COMPILE_TIME:
            began = time.monotonic()
            answer = server.search(username="octo", pattern=pattern, timeout_s=DEADLINE_S)
            assert time.monotonic() - began < DEADLINE_S + GRACE_S, pattern
            assert answer.status in (200, 422), pattern
            assert answer.json().get("status") in ("success", "partial", 422)
        done.set()
        pinger.join()
    assert len(pings) > 10
    assert max(pings) < GRACE_S


def _ping(server: Server, pings: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        began = time.monotonic()
        assert urllib3.request("GET", f"{server.url}/ping", retries=False, timeout=30.0).data == b"pong"
        pings.append(time.monotonic() - began)


def test_a_hopeless_search_ends_at_its_deadline() -> None:
    """One line of 64 MiB and a pattern of 30 KB a second: the command ends, and says what is missing."""
    size = 64 << 20
    line = Streamed(size, lambda: (b"a" * (1 << 20) for _ in range(64)), None)
    with LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("line", line, None)])]}) as github:
        began = time.monotonic()
        done = gistsearch("search", "--timeout", "2", r"\w{1000}\d{1000}", "octo", environment=environment_for(github))
        assert time.monotonic() - began < 2.0 + 1.0 + GRACE_S
    assert done.returncode == 2
    assert b"/line not searched: timed out after 2 s" in done.stderr
