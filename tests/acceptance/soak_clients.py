"""The clients of the soak: each asks in another way, and checks that its answer is complete or says what is missing."""

from __future__ import annotations

import json
import random
import socket
import urllib.parse
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import urllib3
from attrs import Factory, define, frozen

from tests.acceptance.hostile import COMPILE_TIME, SEARCH_TIME
from tests.acceptance.serving import Server
from tests.acceptance.soak_github import EDITED, HOSTILE, PATTERNS, UNKNOWN, SoakGitHub

SEARCH = "/api/v1/search"
CALM_TIMEOUT_S, STORMY_TIMEOUT_S = 40, 8
"""How long a search may take. With faults, some reach their deadline."""
PROBLEMS = {404, 502, 503, 504}
"""Statuses of problems that come from the source."""


class WrongAnswer(Exception):
    """Indicates an answer that is short without saying so, or that should have been complete."""


@frozen
class Answer:
    """What an answer of any form says."""

    matches: frozenset[str]
    complete: bool
    missing: frozenset[str]
    """Reasons why something is missing."""


@define
class Client:
    """Searches again and again, in one way after the other."""

    server: Server
    world: SoakGitHub
    rng: random.Random
    done: Counter[str] = Factory(Counter[str])
    """How many answers of which kind it had."""
    http: urllib3.PoolManager = Factory(urllib3.PoolManager)

    def act(self) -> None:
        """Do one thing that clients do.

        Raises:
            WrongAnswer: the answer is not honest.
        """
        acts: dict[Callable[[], None], int] = {
            self._search_plainly: 5,
            self._search_by_get: 2,
            self._search_lines: 2,
            self._stream_ndjson: 4,
            self._stream_events: 3,
            self._leave: 3,
            self._be_hostile: 1,
            self._ask_for_unknown: 1,
            self._probe: 2,
        }
        (act,) = self.rng.choices([*acts], [*acts.values()])
        act()

    def _search_plainly(self) -> None:
        self._search("POST", _plain)

    def _search_by_get(self) -> None:
        self._search("GET", _plain)

    def _search_lines(self) -> None:
        self._search("POST", _plain, detail="lines", context=2)

    def _stream_ndjson(self) -> None:
        self._search("POST", _streamed, "application/x-ndjson")

    def _stream_events(self) -> None:
        self._search("GET", _streamed, "text/event-stream")

    def _search(
        self, method: str, read: Callable[[bytes], Answer], accept: str = "application/json", **fields: Any
    ) -> None:
        """Search gists of known content; check the answer against them, and against the faults that there were."""
        switched, stormy = self.world.faults.switched, self.world.faults.on
        users = self._users()
        pattern = self.rng.choice(PATTERNS)
        asked = {"usernames": users} if len(users) > 1 else {"username": users[0]}
        status, body = self._ask(method, accept, stormy, **asked, pattern=pattern, **fields)
        calm = not stormy and self.world.faults.switched == switched
        expected = frozenset[str]().union(*(self.world.expected[user, pattern] for user in users))
        answer = read(body) if status == 200 else None
        self._count("complete" if answer and answer.complete else "partial" if answer else f"status {status}")
        if (wrong := what_is_wrong(status, answer, expected, calm, EDITED in users)) is not None:
            raise WrongAnswer(f"{wrong}: {method} {accept} {users} {pattern} {fields}: {status} {body[:2_000]!r}")

    def _users(self) -> list[str]:
        known = sorted({user for user, _ in self.world.expected})
        return self.rng.sample(known, 2) if self.rng.random() < 0.1 else [self.rng.choice(known)]

    def _leave(self) -> None:
        """Close the connection before the answer is complete, or even before it begins."""
        fields = {"username": "many", "pattern": self.rng.choice(PATTERNS), "detail": "lines"}
        head = f"GET {SEARCH}?{urllib.parse.urlencode(fields)} HTTP/1.1\r\nHost: x\r\n"
        accept = self.rng.choice(["application/json", "application/x-ndjson", "text/event-stream"])
        with socket.create_connection(self.server.address, timeout=60) as connection, suppress(TimeoutError):
            connection.sendall(f"{head}Accept: {accept}\r\n\r\n".encode())
            connection.settimeout(self.rng.choice([0.01, 0.1, 1.0]))
            connection.recv(self.rng.choice([1, 1_000, 100_000]))
        self._count("left")

    def _be_hostile(self) -> None:
        pattern = self.rng.choice(SEARCH_TIME + COMPILE_TIME)
        status, body = self._ask("POST", "application/json", True, username=HOSTILE, pattern=pattern, timeout_s=1)
        if status == 200 and not (answer := _plain(body)).complete and not answer.missing:
            raise WrongAnswer(f"silently short: {pattern}: {body!r}")
        if status not in {200, 422, *PROBLEMS}:
            raise WrongAnswer(f"{status} for {pattern}: {body!r}")
        self._count("hostile")

    def _ask_for_unknown(self) -> None:
        stormy = self.world.faults.on
        status, body = self._ask("POST", "application/json", stormy, username=UNKNOWN, pattern="x")
        if status not in PROBLEMS:
            raise WrongAnswer(f"a user whom nobody knows: {status} {body!r}")
        self._count("unknown user")

    def _probe(self) -> None:
        path = self.rng.choice(["/livez", "/readyz", "/metrics", "/openapi.json", "/"])
        if (status := self.http.request("GET", self.server.url + path, timeout=60.0, retries=False).status) != 200:
            raise WrongAnswer(f"{path}: {status}")
        self._count("probe")

    def _ask(self, method: str, accept: str, stormy: bool, **fields: Any) -> tuple[int, bytes]:
        asked = {"timeout_s": STORMY_TIMEOUT_S if stormy else CALM_TIMEOUT_S, **fields}
        url, headers = self.server.url + SEARCH, {"Accept": accept}
        if method == "GET":
            url, body = f"{url}?{urllib.parse.urlencode(asked, doseq=True)}", None
        else:
            body, headers["Content-Type"] = json.dumps(asked).encode(), "application/json"
        answer = self.http.request(method, url, body=body, headers=headers, timeout=120.0, retries=False)
        return answer.status, answer.data

    def _count(self, kind: str) -> None:
        self.done[kind] += 1


def what_is_wrong(status: int, answer: Answer | None, expected: frozenset[str], calm: bool, edited: bool) -> str | None:
    """Judge an answer; None if it is honest.

    Args:
        status: of HTTP.
        answer: what it says; None if the status is not 200.
        expected: what a complete answer has found.
        calm: whether GitHub was well all the time.
        edited: whether gists may have been edited meanwhile, so that the version that was listed is gone.
    """
    if answer is None:
        return None if status in PROBLEMS and not calm else "an unexpected status"
    if answer.complete:
        return None if answer.matches == expected else "complete, but not what there is"
    if not answer.matches <= expected:
        return "something that is not there"
    if not answer.missing:
        return "silently short"
    if calm and not (edited and answer.missing == frozenset({"gone"})):
        return "partial although GitHub was well"
    return None


def _plain(body: bytes) -> Answer:
    told = json.loads(body)
    failed = [error["problem"]["type"] for error in told.get("errors", [])]
    missing = frozenset([*told.get("skipped_by_reason", {}), *failed])
    return Answer(frozenset(told["matches"]), told["status"] == "success", missing)


def _streamed(body: bytes) -> Answer:
    lines = [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith((b"{", b"data: "))]
    objects = [json.loads(line) for line in lines]
    if [objects[0]["type"], objects[-1]["type"]] != ["begin", "end"]:
        raise WrongAnswer(f"a stream without an end: {body[-500:]!r}")
    end = objects[-1]
    missing = [each["reason"] for each in objects if each["type"] == "skipped"]
    missing += [each["problem"]["type"] for each in objects if each["type"] == "error"]
    matches = frozenset(each["url"] for each in objects if each["type"] == "match")
    return Answer(matches, end["complete"], frozenset(missing))
