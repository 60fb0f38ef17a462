"""The published JSON form: what a request may hold, and what an answer looks like."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve

from gistsearch.domain.query import SearchQuery
from gistsearch.domain.results import (
    Coverage,
    FileMatch,
    LineMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    Skipped,
    SkipReason,
)
from gistsearch.ports.gists import Gist, GistFile, SourceUnavailable
from gistsearch.ports.matching import MatchOptions
from gistsearch.wire import (
    FieldError,
    InvalidRequest,
    RequestReader,
    SearchAnswer,
    SearchRequest,
    encode,
    pointer,
    timestamp,
)
from gistsearch.wire.answer import MOST_TEXT

MAX_TIMEOUT_S = 60.0

A = GistFile("a.py", "Python", 10, "https://raw.example/a.py", None)
B = GistFile("b.txt", None, 20, "https://raw.example/b.txt", None)
C = GistFile("c.md", "Markdown", 30, "https://raw.example/c.md", None)
GIST = Gist("1", "https://gist.example/1", "first", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), (A, B, C))
COVERAGE = Coverage(complete=True, gists=2, files=3, searched=1, skipped=0, unneeded=2, bytes=60, duration_s=0.123456)


def read(**values: Any) -> SearchRequest:
    return RequestReader(MAX_TIMEOUT_S).read({"username": "octo", "pattern": "x"} | values)


def errors(values: dict[str, Any]) -> list[FieldError]:
    with pytest.raises(InvalidRequest) as caught:
        RequestReader(MAX_TIMEOUT_S).read(values)
    return list(caught.value.errors)


def error(**values: Any) -> FieldError:
    (only,) = errors({"username": "octo", "pattern": "x"} | values)
    return only


def answer(*events: SearchEvent, **values: Any) -> dict[str, Any]:
    gathered = SearchAnswer(read(**values))
    for event in events:
        gathered.add(event)
    missed = sum(isinstance(event, Skipped) for event in events)
    gathered.add(SearchEnded(evolve(COVERAGE, complete=not missed, skipped=missed)))
    return json.loads(encode(gathered.as_json()))


def match(file: GistFile = A, *lines: LineMatch, position: int = 0, gist: Gist = GIST, **more: Any) -> FileMatch:
    more = {"line_count": max(1, len(lines)), "binary": False} | more
    return FileMatch("octo", position, gist, file, lines, **more)


def test_the_plain_request_asks_only_whether_a_gist_matches() -> None:
    assert read().query() == SearchQuery(
        usernames=("octo",),
        pattern="x",
        kept_lines=0,
        stop_after_lines=1,
        one_file_per_gist=True,
        timeout_s=MAX_TIMEOUT_S,
    )


def test_context_and_lines_count_for_nothing_without_detail_lines() -> None:
    assert read(context=3, max_lines_per_file=5).query() == read().query()


def test_every_field_reaches_the_query() -> None:
    asked = read(
        ignore_case=True,
        fixed_strings=True,
        word=True,
        multiline=True,
        files=["*.py", "!test_*"],
        languages=["Python"],
        detail="lines",
        context=3,
        max_lines_per_file=5,
        timeout_s=2.5,
    )
    assert asked.query() == SearchQuery(
        usernames=("octo",),
        pattern="x",
        options=MatchOptions(ignore_case=True, fixed_strings=True, word=True, multiline=True),
        files=("*.py", "!test_*"),
        languages=("Python",),
        kept_lines=5,
        stop_after_lines=6,
        one_file_per_gist=False,
        context_before=3,
        context_after=3,
        timeout_s=2.5,
    )


@pytest.mark.parametrize("name", ["ignore_case", "fixed_strings", "word", "multiline"])
def test_each_option_is_its_own(name: str) -> None:
    assert read(**{name: True}).query().options == MatchOptions(**{name: True})


def test_lines_are_twenty_a_file_without_context_by_default() -> None:
    query = read(detail="lines").query()
    assert (query.kept_lines, query.stop_after_lines, query.context_before, query.context_after) == (20, 21, 0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("username", "a" * 64),
        ("username", "octo_corp"),
        ("username", "dependabot[bot]"),
        ("pattern", "x" * 1_000),
        ("pattern", "\x00\r\n\x1b"),
        ("files", []),
        ("files", ["x" * 255] * 50),
        ("languages", ["C++"]),
        ("context", 0),
        ("context", 20),
        ("max_lines_per_file", 1),
        ("max_lines_per_file", 1_000),
        ("timeout_s", 60),
        ("timeout_s", 1e-9),
    ],
)
def test_values_in_range_are_taken_and_make_a_query(name: str, value: object) -> None:
    asked = read(**{name: value})
    assert json.loads(encode(getattr(asked, name))) == value
    asked.query()


def test_a_float_without_a_fraction_is_a_whole_number() -> None:
    """JSON Schema, validation: "any number with a zero fractional part" is an integer."""
    assert type(read(context=3.0).context) is int


@pytest.mark.parametrize("name", ["ignore_case", "fixed_strings", "word", "multiline"])
@pytest.mark.parametrize("value", [None, 1, 0, "true", [], {}])
def test_only_a_boolean_is_a_boolean(name: str, value: object) -> None:
    assert error(**{name: value}) == FieldError(f"/{name}", "must be true or false")


@pytest.mark.parametrize("name", ["username", "pattern"])
@pytest.mark.parametrize("value", [None, 1, True, ["x"], {}])
def test_only_a_string_is_a_string(name: str, value: object) -> None:
    assert error(**{name: value}) == FieldError(f"/{name}", "must be a string")


@pytest.mark.parametrize("value", [None, True, False, "3", -1, 21, 0.5, math.nan, math.inf, -math.inf, 10**400, [], {}])
def test_only_a_whole_number_in_range_is_a_context(value: object) -> None:
    assert error(context=value) == FieldError("/context", "must be a whole number from 0 to 20")


@pytest.mark.parametrize("value", [None, True, "3", 0, 1_001, 1.5, math.nan, math.inf])
def test_only_a_whole_number_in_range_is_a_number_of_lines(value: object) -> None:
    assert error(max_lines_per_file=value) == FieldError(
        "/max_lines_per_file", "must be a whole number from 1 to 1,000"
    )


@pytest.mark.parametrize("value", [None, True, "3", 0, -1, 60.001, math.nan, math.inf, 10**400, []])
def test_only_a_positive_number_up_to_the_limit_is_a_timeout(value: object) -> None:
    assert error(timeout_s=value) == FieldError("/timeout_s", "must be a number above 0, up to 60")


@pytest.mark.parametrize("value", [None, "", "LINES", "files", True, ["lines"], {}])
def test_detail_is_one_of_two_words(value: object) -> None:
    assert error(detail=value) == FieldError("/detail", 'must be "gists" or "lines"')


@pytest.mark.parametrize("name", ["files", "languages"])
@pytest.mark.parametrize("value", [None, "*.py", True, {"0": "*.py"}])
def test_only_a_list_is_a_list(name: str, value: object) -> None:
    assert error(**{name: value}) == FieldError(f"/{name}", "must be a list of strings")


@pytest.mark.parametrize("name", ["files", "languages"])
def test_a_list_has_at_most_fifty_items(name: str) -> None:
    assert error(**{name: ["x"] * 51}) == FieldError(f"/{name}", "must have at most 50 items, not 51")


@pytest.mark.parametrize("name", ["files", "languages"])
def test_each_bad_item_of_a_list_is_pointed_at(name: str) -> None:
    bad = errors({"username": "octo", "pattern": "x", name: ["ok", None, "", "y" * 256, "\ud800"]})
    assert [item.pointer for item in bad] == [f"/{name}/{index}" for index in (1, 2, 3, 4)]


def test_a_glob_with_braces_is_refused_with_a_hint() -> None:
    assert error(files=["*.{py,md}"]).detail.startswith("globs know no {a,b}")


@pytest.mark.parametrize(("name", "limit"), [("username", 64), ("pattern", 1_000)])
def test_an_empty_or_endless_text_is_refused(name: str, limit: int) -> None:
    said = f"must have from 1 to {limit:,} characters, not"
    assert error(**{name: ""}) == FieldError(f"/{name}", f"{said} 0")
    assert error(**{name: "x" * (limit + 1)}) == FieldError(f"/{name}", f"{said} {limit + 1:,}")


def test_a_lone_surrogate_is_no_text() -> None:
    assert error(pattern="a\ud800") == FieldError("/pattern", "pattern is not valid Unicode text")


@pytest.mark.parametrize(
    "username", ["a/b", "..", "a.b", "a b", "a%2fb", "a\r\nb", "a\x00", "ä", "\ud800", "@a", "a?b"]
)
def test_a_user_name_with_other_characters_than_names_have_is_refused(username: str) -> None:
    assert error(username=username).detail.startswith("a user name consists of")


def test_all_errors_are_told_in_the_order_of_the_contract_with_unknown_fields_last() -> None:
    told = errors({"zebra": 1, "a/b~c": 2, "timeout_s": 0, "context": None, "pattern": ""})
    assert [(item.pointer, item.detail) for item in told] == [
        ("/username", "is required"),
        ("/pattern", "must have from 1 to 1,000 characters, not 0"),
        ("/context", "must be a whole number from 0 to 20"),
        ("/timeout_s", "must be a number above 0, up to 60"),
        ("/zebra", "is not a field of a search"),
        ("/a~1b~0c", "is not a field of a search"),
    ]


def test_a_plain_answer_has_exactly_the_four_keys() -> None:
    assert list(answer(match()).items()) == [
        ("status", "success"),
        ("username", "octo"),
        ("pattern", "x"),
        ("matches", ["https://gist.example/1"]),
    ]


def test_matches_follow_the_listing_whatever_the_order_of_events_and_hold_no_duplicates() -> None:
    other = evolve(GIST, id="2", url="https://gist.example/2")
    events = [match(position=7, gist=other), match(B), match(A), match(position=9, gist=other)]
    assert answer(*events)["matches"] == ["https://gist.example/1", "https://gist.example/2"]


def test_what_was_skipped_makes_the_answer_partial_and_is_named() -> None:
    told = answer(
        Skipped("octo", GIST, B, SkipReason.GONE, "was deleted"),
        Skipped("octo", GIST, None, SkipReason.FILE_LIST_TRUNCATED, "only 300"),
        Skipped("octo", None, None, SkipReason.DEADLINE, "the time was up"),
    )
    assert list(told) == ["status", "username", "pattern", "matches", "skipped"]
    assert told["status"] == "partial"
    assert told["skipped"] == [
        {"gist": GIST.url, "filename": "b.txt", "reason": "gone", "detail": "was deleted"},
        {"gist": GIST.url, "filename": None, "reason": "file-list-truncated", "detail": "only 300"},
        {"gist": None, "filename": None, "reason": "deadline", "detail": "the time was up"},
    ]


def test_without_a_last_event_the_answer_is_partial() -> None:
    """Success is said of what is known to be complete, and of nothing else."""
    assert SearchAnswer(read()).as_json()["status"] == "partial"


def test_an_answer_has_room_for_so_much_text_and_says_what_it_leaves_out() -> None:
    """Memory does not grow with the number of files and lines that a user has."""
    line = LineMatch(1, "x" * 500, ((0, 1),), before=("b" * 500,) * 20, after=("a" * 500,) * 20)
    parts = [match(A, *[line] * 100, part=part, last=part == 2) for part in range(3)]
    told = answer(*parts, match(B, line), detail="lines", context=20)
    first, second = told["results"][0]["files"]
    assert 150 < len(first["lines"]) < 200
    assert first["more_lines"]
    assert (second["lines"], second["more_lines"]) == ([], True)
    assert len(json.dumps(told)) < 2 * MOST_TEXT


def test_with_detail_lines_the_answer_has_results_and_coverage_with_exactly_the_published_keys() -> None:
    line = LineMatch(3, "an x, x", ((3, 4), (6, 7)), truncated=True, before=("b1", "b2"), after=("a1",))
    told = answer(match(A, line), Progress(1, 1, 3, 3, 60, listed=True), detail="lines")
    assert list(told) == ["status", "username", "pattern", "matches", "results", "coverage"]
    assert told["results"] == [
        {
            "id": "1",
            "url": "https://gist.example/1",
            "description": "first",
            "updated_at": "2026-01-02T03:04:05Z",
            "files": [
                {
                    "filename": "a.py",
                    "language": "Python",
                    "size": 10,
                    "raw_url": "https://raw.example/a.py",
                    "binary": False,
                    "more_lines": False,
                    "lines": [
                        {
                            "number": 3,
                            "text": "an x, x",
                            "spans": [[3, 4], [6, 7]],
                            "truncated": True,
                            "before": ["b1", "b2"],
                            "after": ["a1"],
                        }
                    ],
                }
            ],
        }
    ]
    assert told["coverage"] == {
        "complete": True,
        "gists": 2,
        "files": 3,
        "searched": 1,
        "skipped": 0,
        "bytes": 60,
        "duration_s": 0.123,
    }


def test_results_are_in_the_order_of_the_listing_and_their_files_in_that_of_the_gist() -> None:
    other = evolve(GIST, id="2")
    told = answer(match(C, position=1, gist=other), match(C), match(A), match(B), detail="lines")
    assert [(gist["id"], [file["filename"] for file in gist["files"]]) for gist in told["results"]] == [
        ("1", ["a.py", "b.txt", "c.md"]),
        ("2", ["c.md"]),
    ]


def test_the_parts_of_a_file_become_one() -> None:
    first, second = LineMatch(1, "x", ((0, 1),)), LineMatch(5, "x", ((0, 1),))
    told = answer(match(A, first, last=False), match(A, second, part=1, line_count=2), detail="lines")
    ((file,),) = [gist["files"] for gist in told["results"]]
    assert [line["number"] for line in file["lines"]] == [1, 5]
    assert file["more_lines"] is True


def test_no_line_of_a_binary_file_is_shown_not_even_one_before_its_first_nul_byte() -> None:
    line = LineMatch(1, "x", ((0, 1),))
    told = answer(match(A, line, last=False), match(A, part=1, line_count=0, binary=True), detail="lines")
    ((file,),) = [gist["files"] for gist in told["results"]]
    assert (file["binary"], file["lines"], file["more_lines"]) == (True, [], True)


def test_a_listing_that_failed_is_raised() -> None:
    failure = SourceUnavailable("nobody answers")
    with pytest.raises(SourceUnavailable) as caught:
        SearchAnswer(read()).add(ListingFailed("octo", failure))
    assert caught.value is failure


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("ä€😀", '"ä€😀"'.encode()),
        ("a\ud800b", '"a\ufffdb"'.encode()),
        ({"\udfff": 1}, '{"\ufffd": 1}'.encode()),
        ("\x00\x1b\r\n", b'"\\u0000\\u001b\\r\\n"'),
    ],
)
def test_json_is_utf8_whatever_the_text(value: object, encoded: bytes) -> None:
    assert encode(value) == encoded


def test_a_pointer_escapes_what_separates_its_parts() -> None:
    """RFC 6901, section 5."""
    assert [pointer(), pointer(""), pointer("a/b"), pointer("m~n"), pointer("~1", 0)] == [
        "",
        "/",
        "/a~1b",
        "/m~0n",
        "/~01/0",
    ]


def test_a_moment_is_told_in_utc() -> None:
    assert timestamp(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00Z"
