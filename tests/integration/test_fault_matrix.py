"""Each fault of an upstream × each form of an answer over HTTP: the same outcome in all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import pytest
from attrs import frozen
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from tests.faulty_github import (
    BROKEN_OFF,
    OUTCOMES,
    PATTERN,
    REFUSED,
    STATUS,
    FaultyGitHub,
    faulty_github,
    user_of,
)

DEADLINE_S = 3.0
"""For what ends by the deadline alone."""
TIMEOUT_S = 60.0
"""For everything else, which ends much sooner."""
AT_ONCE = 16
"""Faults that are tried at the same time: most of their time is waiting."""

FORMS = ("application/json", "application/x-ndjson", "text/event-stream")


@frozen
class Seen:
    """What a client learns from an answer of any form."""

    problem: str | None
    """The type of the problem because of which nothing was searched."""
    complete: bool
    matches: frozenset[str] = frozenset()
    skipped: frozenset[tuple[str | None, str]] = frozenset()
    """File names and reasons."""


Ask = Callable[[str, str, str], Seen]
"""Takes a place, the name of a fault, and a media type."""


@pytest.fixture(scope="module")
def world() -> Iterator[FaultyGitHub]:
    with faulty_github() as there:
        yield there


@pytest.fixture(scope="module")
def ask(world: FaultyGitHub) -> Ask:
    """Run all searches: those for one fault one after the other, over a connection to GitHub of their own.

    All applications are made beforehand: werkzeug parses Python for each, and CPython 3.11 may fail at that while
    another thread is deep in JSON.
    """
    cases = [(place, name) for name in OUTCOMES for place in ("listing", "content")]
    with ExitStack() as stack:
        clients = {case: _client(world, stack, *case) for case in cases}
        executor = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        tried = {case: executor.submit(_all_forms, clients[case], *case) for case in cases}
    return lambda place, name, form: tried[place, name].result()[form]


def _client(world: FaultyGitHub, stack: ExitStack, place: str, name: str) -> FlaskClient:
    api = world.nowhere if (place, name) == ("listing", REFUSED) else world.github.api_url
    origins = [world.github.raw_origin, world.nowhere]
    source = GitHubGists(api, origins, read_timeout_s=0.4, max_wait_s=0.1, first_pause_s=0.01)
    stack.enter_context(closing(source))
    executor = stack.enter_context(ThreadPoolExecutor(4))
    return create_app(SearchGists(source, Re2Compiler(), executor)).test_client()


def _all_forms(web: FlaskClient, place: str, name: str) -> dict[str, Seen]:
    timeout_s = DEADLINE_S if "deadline" in str(OUTCOMES[name]) else TIMEOUT_S
    asked = {"username": user_of(place, name), "pattern": PATTERN, "timeout_s": timeout_s}
    return {form: _seen(web.post("/api/v1/search", json=asked, headers={"Accept": form})) for form in FORMS}


def _seen(response: TestResponse) -> Seen:
    with closing(response):
        if response.status_code != 200:
            assert response.content_type == "application/problem+json", response.text
            return _failure(json.loads(response.data), response.status_code)
        if response.content_type == "application/json":
            return _plain(json.loads(response.data))
        lines = response.data.decode().splitlines()
    if response.content_type.startswith("text/event-stream"):
        lines = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return _stream([json.loads(line) for line in lines])


def _failure(problem: dict[str, Any], status: int) -> Seen:
    name = problem["type"].removeprefix("/problems/")
    assert problem["status"] == status == STATUS[name]
    return Seen(name, complete=False)


def _plain(answer: dict[str, Any]) -> Seen:
    skipped = [(each["filename"], each["reason"]) for each in answer.get("skipped", [])]
    return Seen(None, answer["status"] == "success", frozenset(answer["matches"]), frozenset(skipped))


def _stream(objects: list[dict[str, Any]]) -> Seen:
    begin, *between, end = objects
    assert (begin["type"], end["type"]) == ("begin", "end")
    for each in between:
        if each["type"] == "error":  # The listing failed after the stream had begun.
            assert not end["complete"]
            return _failure(each["problem"], each["problem"]["status"])
    matches = frozenset(each["url"] for each in between if each["type"] == "match")
    skipped = frozenset((each["filename"], each["reason"]) for each in between if each["type"] == "skipped")
    return Seen(None, end["complete"], matches, skipped)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_a_listing_that_fails_is_a_problem_in_every_form(world: FaultyGitHub, ask: Ask, name: str, form: str) -> None:
    """As the status of the answer or, if that had been sent, as an error before the end of the stream."""
    seen, problem = ask("listing", name, form), OUTCOMES[name][0]
    if problem is not None:
        assert seen == Seen(problem, complete=False)
        return
    broken = {(None, BROKEN_OFF[name])} if name in BROKEN_OFF else set[tuple[None, str]]()
    assert seen == Seen(None, not broken, frozenset(world.urls(user_of("listing", name))), frozenset(broken))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_content_that_fails_is_skipped_in_every_form(world: FaultyGitHub, ask: Ask, name: str, form: str) -> None:
    """With the reason. The other gist is found, unless its content was refused together with it."""
    seen, reason = ask("content", name, form), OUTCOMES[name][1]
    good, spoilt = world.urls(user_of("content", name))
    if reason is None:
        assert seen == Seen(None, True, frozenset({good, spoilt}))
        return
    missing = Seen(None, False, frozenset({good}), frozenset({("spoilt.py", reason)}))
    nothing = Seen(None, False, frozenset(), frozenset({("spoilt.py", reason), ("good.py", reason)}))
    assert seen in ([missing, nothing] if reason == "rate-limited" else [missing])
