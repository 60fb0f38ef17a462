"""The server and GitHub under load: bounds hold, and first results do not wait for the last ones."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.conftest import Environment, environment_for
from tests.acceptance.serving import Server
from tests.loopback_github import Exchange, LoopbackFile, LoopbackGist, LoopbackGitHub

API_CONNECTIONS, RAW_CONNECTIONS = 12, 32
"""The bounds that `docs/operations.md` names."""


def gists(count: int) -> list[LoopbackGist]:
    return [LoopbackGist([LoopbackFile(f"{number}.py", b"a needle\n")]) for number in range(count)]


def test_no_crowd_opens_more_connections_to_github_than_the_bound(serve: Callable[[Environment], Server]) -> None:
    """Of 500 searches at once, each is answered completely or refused."""
    with LoopbackGitHub({"octo": gists(3)}, latency_s=0.02) as github, ThreadPoolExecutor(100) as clients:
        server = serve(environment_for(github, GISTSEARCH_MAX_SEARCHES_PER_CLIENT="1024"))
        answers = [clients.submit(server.search, username="octo", pattern="needle") for _ in range(500)]
        statuses = Counter(answer.result().status for answer in answers)
        assert statuses.keys() <= {200, 429}
        assert statuses[200] >= 64
        assert {answer.result().json()["status"] for answer in answers if answer.result().status == 200} == {"success"}
        assert github.most_connections["api"] <= API_CONNECTIONS
        assert github.most_connections["raw"] <= RAW_CONNECTIONS


def test_the_first_match_is_sent_before_half_of_the_search_is_done(serve: Callable[[Environment], Server]) -> None:
    """Of 300 gists at 30 ms a request, the second half is held back until the client has it."""
    has_match = threading.Event()

    async def held_back(exchange: Exchange) -> None:
        while not has_match.is_set():
            await asyncio.sleep(0.01)
        await exchange.send_answer(exchange.answer)

    with LoopbackGitHub({"octo": gists(300)}, latency_s=0.03) as github:
        github.script("raw", lambda target: _number(target) >= 150, held_back, times=None)
        lines = iter(serve(environment_for(github)).stream(username="octo", pattern="needle"))
        assert any(json.loads(line)["type"] == "match" for line in lines)
        has_match.set()
        *_, end = lines
        assert json.loads(end)["complete"]


def _number(target: str) -> int:
    return int(target.rpartition("/")[2].removesuffix(".py"))
