"""Searches that cannot be done: which problem tells what happened, and that nothing else is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from werkzeug.test import TestResponse

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.web.searching import Bounds
from gistsearch.ports.gists import (
    AccessForbidden,
    Deadline,
    DeadlineExceeded,
    ForbiddenOrigin,
    Gist,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.faces.web_fixtures import answered, client, failing, post, problem
from tests.unit.domain.fakes import ScriptedSource, gist

RESET_AT = datetime(2026, 5, 4, 12, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (UnknownUser("no user octo"), 404, "unknown-user"),
        (SourceUnavailable("nobody answers"), 502, "upstream-failed"),
        (AccessForbidden("it refuses"), 502, "upstream-failed"),
        (ForbiddenOrigin("it points elsewhere"), 502, "upstream-failed"),
        (SourceError("something else"), 502, "upstream-failed"),
        (SourceRateLimited("too many requests", 1, RESET_AT), 503, "upstream-rate-limited"),
    ],
)
def test_a_listing_that_fails_is_a_problem_with_the_message_of_the_source(
    error: SourceError, status: int, name: str
) -> None:
    assert problem(post(failing(error)), status, name)["detail"] == str(error)


def test_a_listing_that_takes_too_long_is_a_problem() -> None:
    problem(post(failing(DeadlineExceeded("stopped"))), 504, "deadline-exceeded")


class Slow(ScriptedSource):
    """Takes a minute for each listing, or as long as it may."""

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        deadline.sleep(min(60.0, deadline.remaining_s()))
        raise AssertionError("it was given a minute")


@pytest.mark.parametrize(("fields", "limit_s"), [({"timeout_s": 0.01}, 60.0), ({"timeout_s": 1e-9}, 60.0), ({}, 0.01)])
def test_a_search_has_the_time_that_it_asks_for_or_the_operators_limit(
    fields: dict[str, float], limit_s: float
) -> None:
    problem(post(client(Slow({}), max_timeout_s=limit_s), **fields), 504, "deadline-exceeded")


@pytest.mark.parametrize(("wait_s", "header"), [(0.0, "0"), (0.2, "1"), (59.0, "59"), (59.01, "60"), (-3.0, "0")])
def test_a_rate_limit_says_when_to_come_back(wait_s: float, header: str) -> None:
    """RFC 9110, 10.2.3: whole seconds; rounded up, as a client that comes too early is refused again."""
    response = post(failing(SourceRateLimited("too many requests", wait_s, RESET_AT)))
    assert problem(response, 503, "upstream-rate-limited")["reset_at"] == "2026-05-04T10:30:00Z"
    assert response.headers["Retry-After"] == header


def test_a_rate_limit_in_the_middle_is_a_partial_answer() -> None:
    limited = SourceRateLimited("too many requests", 60, datetime.now(UTC))
    gists = [MemoryGist({"a": b"needle"}, id="2"), MemoryGist({"b": limited}, id="1")]
    told = answered(post(client(InMemoryGists({"octo": gists}))))
    assert (told["status"], told["matches"]) == ("partial", ["https://gist.github.com/octo/2"])
    assert [skipped["reason"] for skipped in told["skipped"]] == ["rate-limited"]


class Buggy(ScriptedSource):
    """Fails in a way that no source may."""

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        raise RuntimeError("the token is s3cr3t")


def test_a_bug_is_an_internal_error_that_tells_nothing_and_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = post(client(Buggy({})))
    problem(response, 500, "internal-error")
    assert "s3cr3t" not in response.text
    assert "RuntimeError" not in response.text
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


def test_a_bug_in_a_debugged_application_is_no_page_either() -> None:
    web = client(Buggy({}))
    web.application.testing = web.application.debug = True
    problem(post(web), 500, "internal-error")


def test_what_was_open_when_a_search_crashed_is_closed() -> None:
    source = ScriptedSource(
        {"octo": [gist("1", "good", "bad")]}, {"good": [b"hay"], "bad": [b"hay", RuntimeError("a bug")]}
    )
    problem(post(client(source)), 500, "internal-error")
    assert sorted(source.opened) == sorted(source.closed) != []


def test_more_searches_than_are_answered_at_once_are_refused_at_once() -> None:
    """None waits in a queue, nothing is asked upstream, and what follows is answered again."""
    refused: list[TestResponse] = []

    class Asking(ScriptedSource):
        """Asks for a search while it lists the gists of another."""

        def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
            refused.append(post(web))
            yield from ()

    web = client(Asking({}), bounds=Bounds(searches=1))
    for _ in range(2):
        answered(post(web))
    problem(refused[0], 429, "too-many-requests")
    assert refused[0].headers["Retry-After"] == "1"
    assert len(refused) == 2
