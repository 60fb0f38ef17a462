"""The problem of a search of which nothing could be listed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gistsearch.domain.events import ListingFailed
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import AccessForbidden, SourceError, SourceRateLimited, SourceUnavailable, UnknownUser
from gistsearch.wire import NothingListed, Problem, RequestReader

UNKNOWN = UnknownUser("no such user")
UNAVAILABLE = SourceUnavailable("no answer")
LIMITED = SourceRateLimited("the quota is used up", 7.0, datetime(2026, 1, 1, tzinfo=UTC))
LATE = DeadlineExceeded("too late")


def problem(*errors: SourceError | DeadlineExceeded) -> Problem:
    """Return the problem of a search of as many users, whose failures come in another order."""
    users = [f"user-{number}" for number in range(len(errors))]
    failures = [ListingFailed(user, error) for user, error in zip(users, errors, strict=True)]
    request = RequestReader(60).read({"usernames": users, "pattern": "x"})
    return NothingListed(request, failures[::-1]).problem()


@pytest.mark.parametrize(
    ("errors", "name"),
    [
        ((UNKNOWN, UNAVAILABLE), "upstream-failed"),
        ((UNAVAILABLE, UNKNOWN), "upstream-failed"),
        ((LIMITED, UNKNOWN, UNAVAILABLE), "upstream-rate-limited"),
        ((UNAVAILABLE, LATE, LIMITED), "deadline-exceeded"),
        ((UNAVAILABLE, AccessForbidden("no")), "upstream-failed"),
        ((AccessForbidden("no"), UNAVAILABLE), "upstream-refused"),
    ],
)
def test_of_different_failures_the_highest_status_counts(
    errors: tuple[SourceError | DeadlineExceeded, ...], name: str
) -> None:
    """A search that failed for one user because GitHub was down is worth another try, even if another is unknown."""
    assert problem(*errors).kind.name == name


def test_what_belongs_to_the_main_failure_is_kept() -> None:
    """When to come back, for instance."""
    found = problem(UNKNOWN, LIMITED)
    assert (found.retry_after_s, found.members) == (7, {"reset_at": "2026-01-01T00:00:00Z"})
    assert found.detail == "no such user; the quota is used up"


def test_each_user_is_pointed_at_and_the_same_words_are_said_once() -> None:
    """In the order of the request."""
    found = problem(UNKNOWN, UnknownUser("nor this one"), UNKNOWN)
    assert found.detail == "no such user; nor this one"
    assert [(error.pointer, error.detail) for error in found.errors] == [
        ("/usernames/0", "no such user"),
        ("/usernames/1", "nor this one"),
        ("/usernames/2", "no such user"),
    ]


def test_unless_all_are_unknown_nothing_is_wrong_with_the_request() -> None:
    """So it points at nothing."""
    found = problem(UNAVAILABLE, UNKNOWN, UNAVAILABLE)
    assert (found.detail, found.errors) == ("no answer; no such user", ())


def test_a_single_user_needs_no_pointer() -> None:
    """There is nothing to tell apart."""
    request = RequestReader(60).read({"username": "octo", "pattern": "x"})
    found = NothingListed(request, [ListingFailed("octo", UNKNOWN)]).problem()
    assert (found.detail, found.errors) == ("no such user", ())
