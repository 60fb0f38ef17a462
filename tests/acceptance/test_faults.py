"""Each fault of an upstream, as users see it: the whole result, a partial one with its reason, or a problem."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from attrs import frozen

from tests.acceptance.conftest import environment_for, gistsearch
from tests.acceptance.serving import Server, serving
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
from tests.loopback_github import ALL_FAULTS

CANARY = "ghp_canaryThatMustNotSing"
TIMEOUT_S = 4.0
SETTINGS = {
    "GISTSEARCH_TIMEOUT_S": str(TIMEOUT_S),
    "GISTSEARCH_READ_TIMEOUT_S": "0.4",
    "GISTSEARCH_GITHUB_TOKEN": CANARY,
    "GISTSEARCH_LOG_LEVEL": "debug",
    "GISTSEARCH_RATE_LIMIT": "off",
    "NO_COLOR": "1",
}
SLACK_S = 30.0
"""How much longer something may take on a busy machine."""
AT_ONCE = 6
"""So many commands run, and so many requests are under way: most of their time is waiting."""

OWN_SERVER = {REFUSED, *(name for name, (problem, _) in OUTCOMES.items() if problem == "upstream-rate-limited")}
"""The first has another API; after one of the others, a server sends no more requests to the host that limits it."""


@frozen
class Ran:
    """A search by the command."""

    status: int
    output: str
    errors: str
    seconds: float


@frozen
class Answered:
    """A search by the server."""

    status: int
    headers: Mapping[str, str]
    body: str
    seconds: float
    at: datetime
    """When it came."""

    def json(self) -> Any:
        return json.loads(self.body)


@frozen
class Outcomes:
    """What came of the searches, by user. All are under way at once; a call waits for one of them."""

    commands: Mapping[str, Callable[[], Ran]]
    answers: Mapping[str, Callable[[], Answered]]
    servers: list[Server]
    """Those that were asked; their logs are complete once all answers have come."""


@pytest.fixture(scope="module")
def world() -> Iterator[FaultyGitHub]:
    with faulty_github() as there:
        yield there
        sent = there.github.requests
        assert {CANARY in str(request.headers) for request in sent if request.listener == "raw"} == {False}
        assert {CANARY in str(request.headers) for request in sent if request.listener == "api"} == {True}


def _environment(world: FaultyGitHub, *, api_is_there: bool = True) -> dict[str, str]:
    """Return the environment of the product."""
    environment = environment_for(world.github, **SETTINGS)
    environment["GISTSEARCH_GITHUB_RAW_ORIGINS"] += f",{world.nowhere}"
    return environment if api_is_there else environment | {"GISTSEARCH_GITHUB_API_URL": world.nowhere}


@pytest.fixture(scope="module")
def outcomes(world: FaultyGitHub) -> Iterator[Outcomes]:
    servers: list[Server] = []
    commands: dict[str, Callable[[], Ran]] = {}
    answers: dict[str, Callable[[], Answered]] = {}
    with ExitStack() as stack:
        servers.append(stack.enter_context(serving(environment=_environment(world))))
        url = servers[0].url
        runs, requests = (stack.enter_context(ThreadPoolExecutor(AT_ONCE)) for _ in range(2))
        for name in OUTCOMES:
            users = [user_of("content", name), user_of("listing", name)]
            for user in users:
                api_is_there = user != user_of("listing", REFUSED)
                commands[user] = runs.submit(_run, user, _environment(world, api_is_there=api_is_there)).result
                if name not in OWN_SERVER:
                    answers[user] = requests.submit(_ask, url, user).result
        for name in OWN_SERVER:
            answers |= _ask_own_server(world, name, requests, servers)
        yield Outcomes(commands, answers, servers)


def _run(user: str, environment: Mapping[str, str]) -> Ran:
    began = time.monotonic()
    done = gistsearch("search", "-l", PATTERN, user, environment=environment)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - began)


def _ask(url: str, user: str) -> Answered:
    began = time.monotonic()
    asked = {"username": user, "pattern": PATTERN}
    answer = urllib3.request("POST", f"{url}/api/v1/search", json=asked, retries=False, timeout=60.0)
    seconds = time.monotonic() - began
    return Answered(answer.status, answer.headers, answer.data.decode(), seconds, datetime.now(UTC))


def _ask_own_server(
    world: FaultyGitHub, name: str, executor: ThreadPoolExecutor, servers: list[Server]
) -> dict[str, Callable[[], Answered]]:
    """Ask about content first, then for the listing, after which the API is of no use; another one if it is nowhere."""
    content, listing = user_of("content", name), user_of("listing", name)

    def ask() -> dict[str, Answered]:
        with serving(environment=_environment(world)) as server:
            servers.append(server)
            answers = {content: _ask(server.url, content)}
            if name != REFUSED:
                return answers | {listing: _ask(server.url, listing)}
        with serving(environment=_environment(world, api_is_there=False)) as server:
            servers.append(server)
            return answers | {listing: _ask(server.url, listing)}

    asked = executor.submit(ask)
    return {content: lambda: asked.result()[content], listing: lambda: asked.result()[listing]}


def _is_in_time_and_silent_about_the_token(outcome: Ran | Answered) -> bool:
    return outcome.seconds < TIMEOUT_S + SLACK_S and CANARY not in str(outcome)


def test_outcome_of_every_fault_is_written_down() -> None:
    """A new fault needs a line in the table."""
    assert OUTCOMES.keys() - {REFUSED} == ALL_FAULTS.keys()


@pytest.mark.parametrize("name", OUTCOMES)
def test_command_searches_what_is_listed_or_says_why_nothing_is(
    world: FaultyGitHub, outcomes: Outcomes, name: str
) -> None:
    """Exit status 2 and a message if anything is missing."""
    user, problem = user_of("listing", name), OUTCOMES[name][0]
    ran = outcomes.commands[user]()
    assert _is_in_time_and_silent_about_the_token(ran)
    if problem is not None:
        assert (ran.status, ran.output) == (2, "")
        assert f"gistsearch: {user}: " in ran.errors
        return
    assert sorted(ran.output.split()) == sorted(world.urls(user))
    assert ran.status == (2 if name in BROKEN_OFF else 0)
    assert (f"{user} not fully searched: " in ran.errors) == (name in BROKEN_OFF)


@pytest.mark.parametrize("name", OUTCOMES)
def test_command_prints_what_matches_and_says_what_was_skipped(
    world: FaultyGitHub, outcomes: Outcomes, name: str
) -> None:
    """The good gist is found, whatever happens to the other one."""
    user, reason = user_of("content", name), OUTCOMES[name][1]
    good, spoilt = world.urls(user)
    ran = outcomes.commands[user]()
    assert _is_in_time_and_silent_about_the_token(ran)
    if reason is None:
        assert (ran.status, sorted(ran.output.split())) == (0, sorted([good, spoilt]))
        assert "not searched" not in ran.errors
    else:
        assert ran.status == 2
        assert ran.output.split() in _found(good, reason)
        assert "spoilt.py not searched: " in ran.errors or "2 of 2 files not searched" in ran.errors


@pytest.mark.parametrize("name", OUTCOMES)
def test_server_answers_the_problem_of_a_listing(world: FaultyGitHub, outcomes: Outcomes, name: str) -> None:
    """Each by its type and status."""
    user, problem = user_of("listing", name), OUTCOMES[name][0]
    answered = outcomes.answers[user]()
    assert _is_in_time_and_silent_about_the_token(answered)
    told = answered.json()
    if problem is not None:
        assert answered.headers["content-type"] == "application/problem+json"
        assert (told["type"], told["status"]) == (f"/problems/{problem}", STATUS[problem])
        assert answered.status == STATUS[problem]
        assert ("retry-after" in answered.headers) == (problem == "upstream-rate-limited")
        return
    assert (answered.status, told["matches"]) == (200, world.urls(user))
    assert told["status"] == ("partial" if name in BROKEN_OFF else "success")
    skipped = [(missed["gist"], missed["reason"]) for missed in told.get("skipped", [])]
    assert skipped == ([(None, BROKEN_OFF[name])] if name in BROKEN_OFF else [])


@pytest.mark.parametrize("name", sorted(OWN_SERVER - {REFUSED}))
def test_server_says_when_github_may_be_asked_again(outcomes: Outcomes, name: str) -> None:
    """As a number of seconds, and as a time."""
    answered = outcomes.answers[user_of("listing", name)]()
    assert 0 < int(answered.headers["retry-after"]) <= 86_400
    assert datetime.fromisoformat(answered.json()["reset_at"]) > answered.at


@pytest.mark.parametrize("name", OUTCOMES)
def test_server_answers_what_matches_and_what_was_skipped(world: FaultyGitHub, outcomes: Outcomes, name: str) -> None:
    """With the reason for the skipped file."""
    user, reason = user_of("content", name), OUTCOMES[name][1]
    good, spoilt = world.urls(user)
    answered = outcomes.answers[user]()
    assert _is_in_time_and_silent_about_the_token(answered)
    assert answered.status == 200
    told = answered.json()
    if reason is None:
        assert told == {"status": "success", "username": user, "pattern": PATTERN, "matches": [good, spoilt]}
        return
    assert (told["status"], told["matches"] in _found(good, reason)) == ("partial", True)
    missed = {gist["gist"]: (gist["filename"], gist["reason"]) for gist in told["skipped"]}
    assert missed[spoilt] == ("spoilt.py", reason)
    assert set(told["matches"]) | set(missed) == {good, spoilt}


def _found(good: str, reason: str) -> list[list[str]]:
    """Return what may be found: the good gist, unless its content was refused together with that of the spoilt one."""
    return [[good], []] if reason == "rate-limited" else [[good]]


def test_no_log_of_a_server_holds_the_token(outcomes: Outcomes) -> None:
    """At the most talkative level."""
    for answer in outcomes.answers.values():
        answer()
    assert len(outcomes.servers) == 1 + len(OWN_SERVER) + 1
    for server in outcomes.servers:
        assert b"gistsearch" in server.errors
        assert CANARY.encode() not in server.errors
