"""The published form of each event of a search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from gistsearch.domain.events import (
    ContextLine,
    LineMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    WarningType,
)
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import (
    AccessForbidden,
    ForbiddenOrigin,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from gistsearch.ports.matching import InvalidPattern
from gistsearch.wire import (
    PROBLEM_TYPES,
    FieldError,
    InvalidRequest,
    begin,
    encode,
    end_object,
    error_object,
    event_object,
    problem_of,
)
from tests.unit.wire_samples import COVERAGE, COVERAGE_OBJECT, GIST, A, B, C, match

RESET_AT = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)


def sent(value: object) -> Any:
    return json.loads(encode(value))


def test_a_stream_begins_with_what_is_searched() -> None:
    """Users and patterns are lists, even with one of each."""
    assert sent(begin(SearchQuery(["a", "b"], "x+"))) == {
        "type": "begin",
        "usernames": ["a", "b"],
        "patterns": ["x+"],
        "detail": "lines",
    }


def test_a_match_is_one_file_of_a_gist() -> None:
    """With exactly the documented members."""
    found = LineMatch(
        3,
        "an x, x",
        ((3, 4), (6, 7)),
        offset_bytes=120,
        cut_before=True,
        before=(ContextLine("b1", truncated=True), ContextLine("b2")),
        after=(ContextLine("a1"),),
    )
    assert sent(event_object(match(A, found, position=7, line_count=2, part=1, last=False))) == {
        "type": "match",
        "username": "octo",
        "position": 7,
        "id": "1",
        "url": "https://gist.example/1",
        "description": "first",
        "updated_at": "2026-01-02T03:04:05Z",
        "file": {
            "filename": "a.py",
            "language": "Python",
            "size": 10,
            "raw_url": "https://raw.example/a.py",
            "binary": False,
            "line_count": 2,
            "more_lines": True,
            "part": 1,
            "last": False,
            "lines": [
                {
                    "number": 3,
                    "text": "an x, x",
                    "spans": [[3, 4], [6, 7]],
                    "truncated": True,
                    "offset": 120,
                    "before": [{"text": "b1", "truncated": True}, {"text": "b2", "truncated": False}],
                    "after": [{"text": "a1", "truncated": False}],
                }
            ],
        },
    }


def test_a_line_that_is_cut_at_its_end_is_truncated() -> None:
    """Without an offset."""
    (told,) = sent(event_object(match(A, LineMatch(1, "x", ((0, 1),), cut_after=True))))["file"]["lines"]
    assert (told["truncated"], told["offset"]) == (True, 0)


def test_what_a_source_does_not_know_is_null() -> None:
    """A language, a size, a description."""
    told = sent(event_object(match(C, gist=evolve(GIST, description=None))))
    assert (told["description"], told["file"]["size"]) == (None, None)
    assert sent(event_object(match(B)))["file"]["language"] is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            Skipped("octo", GIST, B, SkipReason.GONE, "was deleted"),
            {"gist": GIST.url, "filename": "b.txt", "reason": "gone", "detail": "was deleted"},
        ),
        (
            Skipped("octo", GIST, None, SkipReason.FILE_LIST_TRUNCATED, "only 300"),
            {"gist": GIST.url, "filename": None, "reason": "file-list-truncated", "detail": "only 300"},
        ),
        (
            Skipped("octo", None, None, SkipReason.DEADLINE, "stopped"),
            {"gist": None, "filename": None, "reason": "deadline", "detail": "stopped"},
        ),
    ],
)
def test_what_was_skipped_is_named(event: Skipped, expected: dict[str, Any]) -> None:
    """A file, a whole gist, or a part of the listing."""
    assert sent(event_object(event)) == {"type": "skipped", "username": "octo", **expected}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in Ruby"),
            {"type": "warning", "kind": "language-not-found", "detail": "no file is in Ruby"},
        ),
        (
            Progress(5, 4, 3, 2, 1, listed=True),
            {
                "type": "progress",
                "gists_known": 5,
                "gists_done": 4,
                "files_known": 3,
                "files_done": 2,
                "bytes": 1,
                "listed": True,
            },
        ),
        (
            ListingFailed("octo", UnknownUser("there is no user octo")),
            {
                "type": "error",
                "username": "octo",
                "problem": {
                    "type": "/problems/unknown-user",
                    "title": "Unknown user",
                    "status": 404,
                    "detail": "there is no user octo",
                },
            },
        ),
        (
            SearchEnded(COVERAGE),
            {"type": "end", "complete": True, "reason": None, "coverage": COVERAGE_OBJECT},
        ),
    ],
)
def test_every_other_event_has_its_object(event: SearchEvent, expected: dict[str, Any]) -> None:
    """With exactly the documented members."""
    assert sent(event_object(event)) == expected


@pytest.mark.parametrize("reason", [SkipReason.DEADLINE, SkipReason.SHUTDOWN])
def test_the_end_says_what_stopped_a_search(reason: SkipReason) -> None:
    """The deadline, or the end of the service."""
    told = event_object(SearchEnded(evolve(COVERAGE, complete=False), reason))
    assert (told["complete"], told["reason"]) == (False, reason.value)


def test_a_search_that_failed_ends_without_coverage() -> None:
    """After an error of no user."""
    assert sent(error_object(problem_of(RuntimeError("secret"))))["username"] is None
    assert sent(end_object(None)) == {"type": "end", "complete": False, "reason": None, "coverage": None}


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (UnknownUser("no user octo"), "unknown-user", 404),
        (SourceUnavailable("no answer"), "upstream-failed", 502),
        (ForbiddenOrigin("it points elsewhere"), "upstream-failed", 502),
        (SourceError("something else"), "upstream-failed", 502),
        (AccessForbidden("Bad credentials"), "upstream-refused", 502),
        (SourceRateLimited("too many", 1, RESET_AT), "upstream-rate-limited", 503),
        (InvalidPattern("unclosed group"), "invalid-pattern", 422),
        (InvalidRequest([FieldError("/a", "is required"), FieldError("/b", "is required")]), "invalid-request", 422),
    ],
)
def test_each_error_is_a_problem_with_its_message(error: Exception, name: str, status: int) -> None:
    """What a source says is for users."""
    problem = problem_of(error)
    assert problem.kind is PROBLEM_TYPES[name]
    assert problem.kind.status == status
    if not isinstance(error, InvalidRequest):
        assert problem.detail == str(error)


def test_a_deadline_is_a_problem_in_words() -> None:
    """Those of the error are the core's."""
    assert problem_of(DeadlineExceeded("x")).as_json() == {
        "type": "/problems/deadline-exceeded",
        "title": "Deadline exceeded",
        "status": 504,
        "detail": "The time ran out before any gist was listed.",
    }


def test_a_bug_is_an_internal_error_without_its_cause() -> None:
    """The cause may contain a secret."""
    problem = problem_of(RuntimeError("the token is s3cr3t"))
    assert problem.kind.name == "internal-error"
    assert b"s3cr3t" not in encode(problem.as_json())


def test_several_invalid_fields_are_counted_and_listed() -> None:
    """In `errors`; one alone is in `detail`."""
    errors = (FieldError("/a", "is required"), FieldError("/b", "must be true or false"))
    told = sent(problem_of(InvalidRequest(errors)).as_json())
    assert told["title"] == "Invalid request"
    assert told["detail"] == "2 fields are invalid; see `errors`."
    assert told["errors"] == [
        {"pointer": "/a", "detail": "is required"},
        {"pointer": "/b", "detail": "must be true or false"},
    ]
    assert problem_of(InvalidRequest(errors[:1])).detail == "/a is required."


def test_the_part_of_a_pattern_that_is_wrong_is_a_member() -> None:
    """If the engine says which."""
    told = sent(problem_of(InvalidPattern("bad range", part="b-a")).as_json())
    assert (told["part"], told["errors"]) == ("b-a", [{"pointer": "/pattern", "detail": "bad range"}])


@pytest.mark.parametrize(("wait_s", "retry_after_s"), [(0.0, 0), (0.2, 1), (59.0, 59), (59.01, 60), (-3.0, 0)])
def test_a_rate_limit_says_when_to_come_back(wait_s: float, retry_after_s: int) -> None:
    """In whole seconds, rounded up: a client that comes too early is refused again."""
    problem = problem_of(SourceRateLimited("too many", wait_s, RESET_AT))
    assert problem.retry_after_s == retry_after_s
    assert problem.as_json()["reset_at"] == "2026-05-04T10:30:00Z"
