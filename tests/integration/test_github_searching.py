"""Whole searches over the GitHub adapter, where much goes wrong at once: none stands still, none is silently short."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.events import FileMatch, SearchEnded, SearchEvent, Skipped
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.search import SearchGists
from tests.fakes import InlineExecutor
from tests.integration.conftest import Connect
from tests.loopback_github import ALL_FAULTS, LoopbackFile, LoopbackGist, LoopbackGitHub, faults

GISTS = 60
SMALL, LARGE = b"needle\n" * 10, b"hay\n" * 20_000 + b"needle\n"

Executors = dict[str, Callable[[], Executor]]
EXECUTORS: Executors = {
    "inline": InlineExecutor,
    "one thread": lambda: ThreadPoolExecutor(1),
    "many threads": lambda: ThreadPoolExecutor(64),
}


def _world() -> LoopbackGitHub:
    gists = [
        LoopbackGist([LoopbackFile(f"{number}.py", LARGE if number % 4 == 0 else SMALL)]) for number in range(GISTS)
    ]
    return LoopbackGitHub({"octo": gists})


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("concurrency", [1, 2, 8])
@pytest.mark.parametrize("name", ["server_error", "reset_before_headers", "short_body", "no_length", "wrong_bytes"])
def test_search_survives_a_bad_moment(connect: Connect, name: str, concurrency: int, executor: str) -> None:
    """Many failures at once leave nobody waiting for a connection that nobody will give back."""
    with _world() as github, EXECUTORS[executor]() as threads:
        source = connect(github, concurrency=concurrency, first_pause_s=0.001)
        github.script("raw", lambda _: True, ALL_FAULTS[name](), times=4 * concurrency)
        search = SearchGists(source, Re2Compiler(), threads, concurrency=concurrency)
        events = list(search.run(SearchQuery(usernames="octo", pattern="needle", timeout_s=30.0)))
    reported = [
        event.file for event in events if isinstance(event, Skipped) or (isinstance(event, FileMatch) and event.last)
    ]
    assert len(reported) == len(set(reported)) == GISTS
    assert not any(isinstance(event, Skipped) and event.reason == "deadline" for event in events)
    assert isinstance(events[-1], SearchEnded)
    assert events[-1].coverage.searched >= GISTS - 4 * concurrency


def test_one_search_in_trouble_does_not_stop_another(connect: Connect) -> None:
    """They share their connections; one of them asks for what is never answered."""
    with _world() as github, ThreadPoolExecutor(16) as threads:
        source = connect(github, concurrency=4, read_timeout_s=0.2, first_pause_s=0.001)
        github.users["well"] = github.users["octo"][:10]
        github.script("raw", lambda target: target.startswith("/octo/"), faults.accepted_then_silent(), times=24)
        search = SearchGists(source, Re2Compiler(), threads, concurrency=4)

        def ended(username: str) -> SearchEvent:
            query = SearchQuery(usernames=username, pattern="needle", timeout_s=30.0)
            return list(search.run(query))[-1]

        _, end = threads.map(ended, ["octo", "well"])
    assert isinstance(end, SearchEnded)
    assert end.coverage.complete
