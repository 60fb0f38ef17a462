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
from attrs import evolve, frozen

from tests.acceptance.conftest import environment_for, gistsearch
from tests.acceptance.serving import Server, serving
from tests.loopback_github import (
    ALL_FAULTS,
    Exchange,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    TrapListener,
    faults,
    unused_port,
)

CANARY = "ghp_canaryThatMustNotSing"
PATTERN = "import requests"
GOOD = b"import requests\n"
SPOILT = b"# nothing to see here\n" * 100 + GOOD
"""What half of it holds does not match."""

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

REFUSED = "refused"
"""Besides the faults of an upstream that answers at all."""

# By fault: why the listing fails (a problem's name), and why content is skipped; None where the result is complete.
OUTCOMES: dict[str, tuple[str | None, str | None]] = {
    REFUSED: ("upstream-failed", "download-failed"),
    "accepted_then_silent": ("upstream-failed", "download-failed"),
    "reset_before_headers": ("upstream-failed", "download-failed"),
    "reset_mid_body": ("upstream-failed", "download-failed"),
    "short_body": ("upstream-failed", "integrity-mismatch"),
    "no_length": (None, None),
    "no_length_and_cut": ("upstream-failed", "integrity-mismatch"),
    "bad_length": ("upstream-failed", "download-failed"),
    "doubled_length": ("upstream-failed", "download-failed"),
    "truncated_chunk": ("upstream-failed", "integrity-mismatch"),
    "bad_chunk_size": ("upstream-failed", "integrity-mismatch"),
    "header_drip": ("upstream-failed", "download-failed"),
    "body_drip": ("deadline-exceeded", "deadline"),
    "huge_header": ("upstream-failed", "download-failed"),
    "many_headers": ("upstream-failed", "download-failed"),
    "early_hints_first": (None, None),
    "garbage_status": ("upstream-failed", "download-failed"),
    "corrupt_gzip": ("upstream-failed", "integrity-mismatch"),
    "cut_gzip": ("upstream-failed", "integrity-mismatch"),
    "gzip_bomb": ("upstream-failed", "integrity-mismatch"),
    "unknown_encoding": ("upstream-failed", "integrity-mismatch"),
    "malformed_json": ("upstream-failed", "integrity-mismatch"),
    "other_shape_json": ("upstream-failed", "integrity-mismatch"),
    "deep_json": ("upstream-failed", "integrity-mismatch"),
    "wrong_content_type": (None, None),
    "wrong_bytes": ("upstream-failed", "integrity-mismatch"),
    "server_error": ("upstream-failed", "download-failed"),
    "unicorn": ("upstream-failed", "download-failed"),
    "unicorn_as_json": ("upstream-failed", "download-failed"),
    "redirect_loop": ("upstream-failed", "download-failed"),
    "redirect_off_the_origin": ("upstream-failed", "forbidden-origin"),
    "limited_with_retry_after": ("upstream-rate-limited", "rate-limited"),
    "limited_with_reset": ("upstream-rate-limited", "rate-limited"),
    "limited_untold": ("upstream-rate-limited", "rate-limited"),
    "limited_nonsense": ("upstream-rate-limited", "rate-limited"),
    # On the raw host it is a 403 that does not mention a limit.
    "limited_secondary": ("upstream-rate-limited", "forbidden"),
    "blocked": ("upstream-refused", "forbidden"),
    "legal_reasons": ("upstream-refused", "forbidden"),
    "not_found": ("unknown-user", "gone"),
    "gone": ("unknown-user", "gone"),
    "link_to_another_host": (None, None),
    "link_to_itself": (None, None),  # The page itself is right, but the listing does not end there: see BROKEN_OFF.
}

BROKEN_OFF = {"link_to_itself": "download-failed"}
"""Faults after which a listing cannot go on: what was listed is searched, the rest is skipped for this reason."""

STATUS = {
    "upstream-failed": 502,
    "upstream-refused": 502,
    "upstream-rate-limited": 503,
    "deadline-exceeded": 504,
    "unknown-user": 404,
}

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
class World:
    """A GitHub with two users for each fault: one whose listing it spoils, one of whose two gists it spoils."""

    github: LoopbackGitHub
    nowhere: str
    """An origin where nobody listens."""

    def environment(self, *, api_is_there: bool = True) -> dict[str, str]:
        """Return the environment of the product."""
        environment = environment_for(self.github, **SETTINGS)
        environment["GISTSEARCH_GITHUB_RAW_ORIGINS"] += f",{self.nowhere}"
        return environment if api_is_there else environment | {"GISTSEARCH_GITHUB_API_URL": self.nowhere}

    def urls(self, user: str) -> list[str]:
        """Return the addresses of a user's gists: the good one, and the one that may be spoilt."""
        return [f"https://gist.github.com/{user}/{gist.id}" for gist in self.github.users[user]]


@frozen
class Outcomes:
    """What came of the searches, by user. All are under way at once; a call waits for one of them."""

    commands: Mapping[str, Callable[[], Ran]]
    answers: Mapping[str, Callable[[], Answered]]
    servers: list[Server]
    """Those that were asked; their logs are complete once all answers have come."""


def _user(place: str, name: str) -> str:
    """Return whom a fault befalls."""
    return f"{place}-{name}".replace("_", "-")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    users = {
        _user(place, name): [_gist("good.py", GOOD), _gist("spoilt.py", SPOILT)]
        for name in OUTCOMES
        for place in ("listing", "content")
    }
    with LoopbackGitHub(users) as github, TrapListener() as trap:
        there = World(github, f"http://127.0.0.1:{unused_port()}")
        for name in OUTCOMES:
            _spoil(there, name, trap)
        yield there
        assert trap.connections == 0
        assert {CANARY in str(request.headers) for request in github.requests if request.listener == "raw"} == {False}
        assert {CANARY in str(request.headers) for request in github.requests if request.listener == "api"} == {True}


def _gist(name: str, content: bytes) -> LoopbackGist:
    return LoopbackGist([LoopbackFile(name, content)])


def _spoil(world: World, name: str, trap: TrapListener) -> None:
    """Script what befalls both users of a fault."""
    listing, content = (f"/{_user(place, name)}/" for place in ("listing", "content"))
    if name == REFUSED:
        world.github.script("api", lambda target: content in target, _content_lies(world.nowhere), times=None)
        return
    fault = _fault(name, trap)
    world.github.script("api", lambda target: listing in target, fault, times=None)
    world.github.script("raw", lambda target: content in target and "spoilt" in target, fault, times=None)


def _fault(name: str, trap: TrapListener) -> Fault:
    """Return the fault of that name; what leads elsewhere leads into the trap."""
    if name == "redirect_off_the_origin":
        return faults.redirect(f"{trap.origin}/")
    if name == "link_to_another_host":
        return faults.link_header(f'<{trap.origin}/users/octo/gists?page=2>; rel="next"')
    return ALL_FAULTS[name]()


def _content_lies(origin: str) -> Fault:
    """List the spoilt file, and no other, as one whose content lies at another origin."""

    async def fault(exchange: Exchange) -> None:
        listed = json.loads(exchange.body())
        for gist in listed:
            for file in gist["files"].values():
                if file["filename"] == "spoilt.py":
                    file["raw_url"] = origin + file["raw_url"][file["raw_url"].index("/", len("http://")) :]
        await exchange.send_answer(evolve(exchange.answer, content=json.dumps(listed).encode()))

    return fault


@pytest.fixture(scope="module")
def outcomes(world: World) -> Iterator[Outcomes]:
    servers: list[Server] = []
    commands: dict[str, Callable[[], Ran]] = {}
    answers: dict[str, Callable[[], Answered]] = {}
    with ExitStack() as stack:
        servers.append(stack.enter_context(serving(environment=world.environment())))
        url = servers[0].url
        runs, requests = (stack.enter_context(ThreadPoolExecutor(AT_ONCE)) for _ in range(2))
        for name in OUTCOMES:
            users = [_user("content", name), _user("listing", name)]
            for user in users:
                api_is_there = user != _user("listing", REFUSED)
                commands[user] = runs.submit(_run, user, world.environment(api_is_there=api_is_there)).result
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
    world: World, name: str, executor: ThreadPoolExecutor, servers: list[Server]
) -> dict[str, Callable[[], Answered]]:
    """Ask about content first, then for the listing, after which the API is of no use; another one if it is nowhere."""
    content, listing = _user("content", name), _user("listing", name)

    def ask() -> dict[str, Answered]:
        with serving(environment=world.environment()) as server:
            servers.append(server)
            answers = {content: _ask(server.url, content)}
            if name != REFUSED:
                return answers | {listing: _ask(server.url, listing)}
        with serving(environment=world.environment(api_is_there=False)) as server:
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
def test_command_searches_what_is_listed_or_says_why_nothing_is(world: World, outcomes: Outcomes, name: str) -> None:
    """Exit status 2 and a message if anything is missing."""
    user, problem = _user("listing", name), OUTCOMES[name][0]
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
def test_command_prints_what_matches_and_says_what_was_skipped(world: World, outcomes: Outcomes, name: str) -> None:
    """The good gist is found, whatever happens to the other one."""
    user, reason = _user("content", name), OUTCOMES[name][1]
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
def test_server_answers_the_problem_of_a_listing(world: World, outcomes: Outcomes, name: str) -> None:
    """Each by its type and status."""
    user, problem = _user("listing", name), OUTCOMES[name][0]
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
    answered = outcomes.answers[_user("listing", name)]()
    assert 0 < int(answered.headers["retry-after"]) <= 86_400
    assert datetime.fromisoformat(answered.json()["reset_at"]) > answered.at


@pytest.mark.parametrize("name", OUTCOMES)
def test_server_answers_what_matches_and_what_was_skipped(world: World, outcomes: Outcomes, name: str) -> None:
    """With the reason for the skipped file."""
    user, reason = _user("content", name), OUTCOMES[name][1]
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
