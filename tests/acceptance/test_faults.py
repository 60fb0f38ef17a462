"""Each fault of an upstream, as users meet it: the whole result, a partial one with its reason, or a problem."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from attrs import evolve, frozen

from tests.acceptance.conftest import COMMAND, environment_for, gistsearch
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
    "NO_COLOR": "1",
}
START_S = 4.0
"""How long a process may take to start and to end on a busy machine; only servers are timed without that."""
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
    "many_headers": (None, None),
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
    # On the raw host it is a 403 without a word of any limit.
    "limited_secondary": ("upstream-rate-limited", "forbidden"),
    "blocked": ("upstream-failed", "forbidden"),
    "legal_reasons": ("upstream-failed", "forbidden"),
    "not_found": ("unknown-user", "gone"),
    "gone": ("unknown-user", "gone"),
    # The page itself is right, but the listing does not end there: see BROKEN_OFF.
    "link_to_another_host": (None, None),
    "link_to_itself": (None, None),
}

BROKEN_OFF = {"link_to_another_host": "forbidden-origin", "link_to_itself": "download-failed"}
"""Faults after which a listing cannot go on: what it told so far is searched, the rest is skipped for this reason."""

STATUS = {"upstream-failed": 502, "upstream-rate-limited": 503, "deadline-exceeded": 504, "unknown-user": 404}

OWN_SERVER = {REFUSED, *(name for name, (problem, _) in OUTCOMES.items() if problem == "upstream-rate-limited")}
"""The first has another API; a server that met one of the others asks nothing more of the host that limits it."""


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
    logs: Path
    """Where the servers' logs are."""


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
def outcomes(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    logs = tmp_path_factory.mktemp("logs")
    commands: dict[str, Callable[[], Ran]] = {}
    answers: dict[str, Callable[[], Answered]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(_server(world.environment(), logs / "shared"))
        runs, requests = (stack.enter_context(ThreadPoolExecutor(AT_ONCE)) for _ in range(2))
        for name in OUTCOMES:
            users = [_user("content", name), _user("listing", name)]
            for user in users:
                api_is_there = user != _user("listing", REFUSED)
                commands[user] = runs.submit(_run, user, world.environment(api_is_there=api_is_there)).result
                if name not in OWN_SERVER:
                    answers[user] = requests.submit(_ask, url, user).result
        for name in OWN_SERVER:
            answers |= _ask_own_server(world, name, requests, logs)
        yield Outcomes(commands, answers, logs)


def _run(user: str, environment: Mapping[str, str]) -> Ran:
    began = time.monotonic()
    done = gistsearch("search", "-l", PATTERN, user, environment=environment)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - began)


def _ask(url: str, user: str) -> Answered:
    began = time.monotonic()
    asked = {"username": user, "pattern": PATTERN}
    answer = urllib3.request("POST", f"{url}/api/v1/search", json=asked, retries=False, timeout=60.0)
    return Answered(answer.status, answer.headers, answer.data.decode(), time.monotonic() - began)


def _ask_own_server(
    world: World, name: str, executor: ThreadPoolExecutor, logs: Path
) -> dict[str, Callable[[], Answered]]:
    """Ask about content first, then for the listing: thereafter the API is of no use; for one that is nowhere, anew."""
    content, listing = _user("content", name), _user("listing", name)

    def ask() -> dict[str, Answered]:
        with _server(world.environment(), logs / name) as url:
            answers = {content: _ask(url, content)}
            if name != REFUSED:
                return answers | {listing: _ask(url, listing)}
        with _server(world.environment(api_is_there=False), logs / f"{name}-api") as url:
            return answers | {listing: _ask(url, listing)}

    asked = executor.submit(ask)
    return {content: lambda: asked.result()[content], listing: lambda: asked.result()[listing]}


@contextmanager
def _server(environment: Mapping[str, str], log: Path) -> Generator[str, None, None]:
    """Serve, and say where as soon as it answers."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    command = [*COMMAND, "serve", "--port", str(port)]
    with log.open("wb") as written, subprocess.Popen(command, env=environment, stderr=written) as process:
        try:
            urllib3.request("GET", f"{url}/ping", retries=urllib3.Retry(300, backoff_factor=0.1, backoff_max=0.1))
            yield url
        finally:
            process.terminate()


def _is_in_time_and_silent_about_the_token(outcome: Ran | Answered, start_s: float) -> bool:
    return outcome.seconds < TIMEOUT_S + 1.0 + start_s and CANARY not in str(outcome)


def test_outcome_of_every_fault_is_written_down() -> None:
    assert OUTCOMES.keys() - {REFUSED} == ALL_FAULTS.keys()


@pytest.mark.parametrize("name", OUTCOMES)
def test_command_searches_what_is_listed_or_says_why_nothing_is(world: World, outcomes: Outcomes, name: str) -> None:
    user, problem = _user("listing", name), OUTCOMES[name][0]
    ran = outcomes.commands[user]()
    assert _is_in_time_and_silent_about_the_token(ran, START_S)
    if problem is not None:
        assert (ran.status, ran.output) == (2, "")
        assert f"gistsearch: {user}: " in ran.errors
        return
    assert sorted(ran.output.split()) == sorted(world.urls(user))
    assert ran.status == (2 if name in BROKEN_OFF else 0)
    skipped = f"further gists: skipped: {BROKEN_OFF.get(name)}: "
    assert (skipped in ran.errors) == ("skipped" in ran.errors) == (name in BROKEN_OFF)


@pytest.mark.parametrize("name", OUTCOMES)
def test_command_prints_what_matches_and_says_what_was_skipped(world: World, outcomes: Outcomes, name: str) -> None:
    user, reason = _user("content", name), OUTCOMES[name][1]
    good, spoilt = world.urls(user)
    ran = outcomes.commands[user]()
    assert _is_in_time_and_silent_about_the_token(ran, START_S)
    if reason is None:
        assert (ran.status, sorted(ran.output.split())) == (0, sorted([good, spoilt]))
        assert "skipped" not in ran.errors
    else:
        assert ran.status == 2
        assert ran.output.split() in _found(good, reason)
        assert f"spoilt.py: skipped: {reason}" in ran.errors


@pytest.mark.parametrize("name", OUTCOMES)
def test_server_answers_the_problem_of_a_listing(world: World, outcomes: Outcomes, name: str) -> None:
    user, problem = _user("listing", name), OUTCOMES[name][0]
    answered = outcomes.answers[user]()
    assert _is_in_time_and_silent_about_the_token(answered, 0.0)
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
    answered = outcomes.answers[_user("listing", name)]()
    assert 0 < int(answered.headers["retry-after"]) <= 86_400
    assert datetime.fromisoformat(answered.json()["reset_at"]) > datetime.now(UTC)


@pytest.mark.parametrize("name", OUTCOMES)
def test_server_answers_what_matches_and_what_was_skipped(world: World, outcomes: Outcomes, name: str) -> None:
    user, reason = _user("content", name), OUTCOMES[name][1]
    good, spoilt = world.urls(user)
    answered = outcomes.answers[user]()
    assert _is_in_time_and_silent_about_the_token(answered, 0.0)
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
    for answer in outcomes.answers.values():
        answer()
    logs = sorted(outcomes.logs.iterdir())
    assert len(logs) == 1 + len(OWN_SERVER) + 1
    for log in logs:
        assert CANARY not in log.read_text()
