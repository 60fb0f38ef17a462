"""What clients learn from answers over HTTP, in any form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from attrs import frozen
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.faulty_github import OUTCOMES, PATTERN, STATUS, user_of

DEADLINE_S = 3.0
"""For what ends by the deadline alone."""
TIMEOUT_S = 60.0
"""For everything else, which ends much sooner."""
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


def try_forms(web: FlaskClient, place: str, name: str, forms: Sequence[str] = FORMS) -> dict[str, Seen]:
    """Search the user whom a fault befalls, once for each form."""
    timeout_s = DEADLINE_S if "deadline" in str(OUTCOMES[name]) else TIMEOUT_S
    asked = {"username": user_of(place, name), "pattern": PATTERN, "timeout_s": timeout_s}
    return {form: seen_in(web.post("/api/v1/search", json=asked, headers={"Accept": form})) for form in forms}


def seen_in(response: TestResponse) -> Seen:
    """Return what an answer says."""
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
