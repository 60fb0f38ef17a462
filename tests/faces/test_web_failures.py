"""Searches that fail: which problem says what happened, and that it says nothing else."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    AccessForbidden,
    ForbiddenOrigin,
    ListingPage,
    LoginRequired,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.faces.web_fixtures import answered, client, failing, post, problem
from tests.fakes import ScriptedSource, gist

RESET_AT = datetime(2026, 5, 4, 12, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (UnknownUser("no user octo"), 404, "unknown-user"),
        (SourceUnavailable("nobody answers"), 502, "upstream-failed"),
        (AccessForbidden("Bad credentials"), 502, "upstream-refused"),
        (LoginRequired("log in first"), 502, "upstream-refused"),
        (ForbiddenOrigin("it points elsewhere"), 502, "upstream-failed"),
        (SourceError("something else"), 502, "upstream-failed"),
        (SourceRateLimited("too many requests", 1, RESET_AT), 503, "upstream-rate-limited"),
    ],
)
def test_a_listing_that_fails_is_a_problem_with_the_message_of_the_source(
    error: SourceError, status: int, name: str
) -> None:
    assert problem(post(failing(error)), status, name)["detail"] == str(error)


class Slow(ScriptedSource):
    """Takes a minute for each listing, or as long as it may."""

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        deadline.sleep(60.0)
        yield ListingPage(())


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

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        raise RuntimeError("the token is s3cr3t")
        yield


def test_a_bug_is_an_internal_error_that_tells_nothing_and_is_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = post(client(Buggy({})))
    problem(response, 500, "internal-error")
    assert "s3cr3t" not in response.text
    assert "RuntimeError" not in response.text
    (record,) = (record for record in caplog.records if record.exc_info)
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
