"""The plain answer, built from the events of a search."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from gistsearch.domain.events import (
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    WarningType,
)
from gistsearch.ports.gists import SourceUnavailable
from gistsearch.wire import LineLimit, RequestReader, SearchAnswer, encode
from gistsearch.wire.response import MAX_SKIPPED, MAX_TEXT_CHARACTERS
from tests.unit.wire_samples import COVERAGE, COVERAGE_OBJECT, GIST, A, B, C, line, match

OTHER = evolve(GIST, id="2", url="https://gist.example/2")


def collected(**fields: Any) -> SearchAnswer:
    users = {} if "usernames" in fields else {"username": "octo"}
    return SearchAnswer(RequestReader(60.0).read(users | {"pattern": "x"} | fields))


def answer(*events: SearchEvent, **fields: Any) -> dict[str, Any]:
    gathered = collected(**fields)
    for event in events:
        gathered.add(event)
    missed = sum(isinstance(event, (Skipped, ListingFailed)) for event in events)
    gathered.add(SearchEnded(evolve(COVERAGE, complete=not missed, skipped=missed)))
    return json.loads(encode(gathered.as_json()))


def test_a_plain_answer_has_exactly_the_four_keys() -> None:
    """Those of the contract, in its order."""
    assert list(answer(match()).items()) == [
        ("status", "success"),
        ("username", "octo"),
        ("pattern", "x"),
        ("matches", ["https://gist.example/1"]),
    ]


def test_matches_are_in_the_order_of_the_listing_without_duplicates() -> None:
    """In whichever order the events come."""
    events = [match(position=7, gist=OTHER), match(B), match(A), match(position=9, gist=OTHER)]
    assert answer(*events)["matches"] == ["https://gist.example/1", "https://gist.example/2"]


def test_what_was_skipped_makes_the_answer_partial() -> None:
    """It is named and counted, and the answer says how much was searched."""
    told = answer(
        Skipped("octo", GIST, B, SkipReason.GONE, "was deleted"),
        Skipped("octo", GIST, C, SkipReason.GONE, "was deleted"),
        Skipped("octo", None, None, SkipReason.DEADLINE, "stopped"),
    )
    assert list(told) == ["status", "username", "pattern", "matches", "skipped", "skipped_by_reason", "coverage"]
    assert told["status"] == "partial"
    assert told["skipped"] == [
        {"gist": GIST.url, "filename": "b.txt", "reason": "gone", "detail": "was deleted"},
        {"gist": GIST.url, "filename": "c.md", "reason": "gone", "detail": "was deleted"},
        {"gist": None, "filename": None, "reason": "deadline", "detail": "stopped"},
    ]
    assert told["skipped_by_reason"] == {"deadline": 1, "gone": 2}
    assert told["coverage"] == COVERAGE_OBJECT | {"complete": False, "skipped": 3}


def test_skipped_lists_the_first_hundred_and_counts_all() -> None:
    """A deadline may leave out thousands of files."""
    events = [Skipped("octo", GIST, A, SkipReason.DEADLINE, f"{number}") for number in range(1_000)]
    told = answer(*events, Skipped("octo", GIST, A, SkipReason.GONE, ""))
    assert MAX_SKIPPED == 100
    assert [skipped["detail"] for skipped in told["skipped"]] == [str(number) for number in range(100)]
    assert told["skipped_by_reason"] == {"deadline": 1_000, "gone": 1}


def test_without_a_last_event_the_answer_is_partial() -> None:
    """Success is only said of a search that is known to be complete."""
    assert collected().as_json()["status"] == "partial"


def test_warnings_are_listed_only_if_there_are_any() -> None:
    """They do not make an answer partial."""
    told = answer(SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in Ruby"))
    assert told["status"] == "success"
    assert told["warnings"] == [{"type": "language-not-found", "detail": "no file is in Ruby"}]


def test_an_answer_has_room_for_a_bounded_amount_of_text() -> None:
    """Memory does not grow with the files and lines of a user. What is left out is said."""
    from gistsearch.domain.events import ContextLine

    around = (ContextLine("b" * 500),) * 20
    long = line(1, "x" * 500, before=around, after=around)
    parts = [match(A, *[long] * 100, part=part, last=part == 2) for part in range(3)]
    told = answer(*parts, match(B, long), detail="lines", context=20, max_lines_per_file=1_000)
    first, second = told["results"][0]["files"]
    assert 150 < len(first["lines"]) < 200
    assert first["more_lines"]
    assert (second["lines"], second["more_lines"]) == ([], True)
    assert len(json.dumps(told)) < 2 * MAX_TEXT_CHARACTERS


def test_with_detail_lines_the_answer_has_results_and_coverage() -> None:
    """With exactly the keys of the contract."""
    told = answer(match(A, line(3)), Progress(1, 1, 3, 3, 60, listed=True), detail="lines")
    assert list(told) == ["status", "username", "pattern", "matches", "results", "coverage"]
    (result,) = told["results"]
    assert list(result) == ["id", "url", "description", "updated_at", "files"]
    assert result["files"] == [
        {
            "filename": "a.py",
            "language": "Python",
            "size": 10,
            "raw_url": "https://raw.example/a.py",
            "binary": False,
            "line_count": 1,
            "more_lines": False,
            "lines": [
                {
                    "number": 3,
                    "text": "x",
                    "spans": [[0, 1]],
                    "truncated": False,
                    "offset": 0,
                    "before": [],
                    "after": [],
                }
            ],
        }
    ]
    assert told["coverage"] == COVERAGE_OBJECT


def test_with_detail_counts_files_have_counts_and_no_lines() -> None:
    """The counts of a file's parts are added up."""
    told = answer(match(A, line_count=250, last=False), match(A, line_count=3, part=1), detail="counts")
    (file,) = told["results"][0]["files"]
    assert file["line_count"] == 253
    assert "lines" not in file


def test_results_are_in_the_order_of_the_listing_and_files_in_that_of_the_gist() -> None:
    """In whichever order the events come."""
    told = answer(match(C, position=1, gist=OTHER), match(C), match(A), match(B), detail="lines")
    assert [(gist["id"], [file["filename"] for file in gist["files"]]) for gist in told["results"]] == [
        ("1", ["a.py", "b.txt", "c.md"]),
        ("2", ["c.md"]),
    ]


def test_gists_of_different_users_are_never_merged() -> None:
    """They have the same positions. Users are in the order of the request, and each result names its user."""
    told = answer(match(username="b", gist=OTHER), match(username="a"), usernames=["b", "a"], detail="lines")
    assert told["usernames"] == ["b", "a"]
    assert "username" not in told
    assert [(gist["username"], gist["id"]) for gist in told["results"]] == [("b", "2"), ("a", "1")]
    assert told["matches"] == [OTHER.url, GIST.url]


def test_a_user_whose_gists_cannot_be_listed_is_an_error_beside_the_others() -> None:
    """The answer is partial; whether there is one at all is for the entry point to say."""
    told = answer(ListingFailed("b", SourceUnavailable("no answer")), match(username="a"), usernames=["a", "b"])
    assert (told["status"], told["matches"]) == ("partial", [GIST.url])
    ((error),) = told["errors"]
    assert (error["username"], error["problem"]["type"]) == ("b", "/problems/upstream-failed")


def test_listings_that_failed_are_known() -> None:
    """No event raises: a stream goes on after a failure."""
    gathered = collected()
    failure = ListingFailed("octo", SourceUnavailable("no answer"))
    gathered.add(failure)
    assert gathered.failures == (failure,)


def test_the_parts_of_a_file_become_one() -> None:
    """In their order."""
    told = answer(match(A, line(1), last=False), match(A, line(5), part=1, line_count=2), detail="lines")
    ((file,),) = [gist["files"] for gist in told["results"]]
    assert [found["number"] for found in file["lines"]] == [1, 5]
    assert (file["line_count"], file["more_lines"]) == (3, True)


def test_no_line_of_a_binary_file_is_reported() -> None:
    """Not even one before its first NUL byte, unless the request asks for such lines."""
    parts = [match(A, line(1), last=False), match(A, part=1, line_count=0, binary=True)]
    ((file,),) = [gist["files"] for gist in answer(*parts, detail="lines")["results"]]
    assert (file["binary"], file["lines"], file["more_lines"]) == (True, [], True)
    ((file,),) = [gist["files"] for gist in answer(*parts, detail="lines", text=True)["results"]]
    assert (file["binary"], len(file["lines"]), file["more_lines"]) == (True, 1, False)


def test_the_line_beyond_the_limit_is_not_reported() -> None:
    """It only tells that there are more."""
    lines = [line(number) for number in range(1, 4)]
    ((file,),) = [gist["files"] for gist in answer(match(A, *lines), detail="lines", max_lines_per_file=2)["results"]]
    assert ([found["number"] for found in file["lines"]], file["more_lines"]) == ([1, 2], True)
    ((file,),) = [gist["files"] for gist in answer(match(A, *lines), detail="lines", max_lines_per_file=3)["results"]]
    assert (len(file["lines"]), file["more_lines"]) == (3, False)


def test_the_limit_counts_across_the_parts_of_each_file() -> None:
    """Parts of different files, gists and users come between one another."""
    limit = LineLimit(3)
    pair = (line(1), line(2))
    firsts = [
        match(A, *pair, last=False),
        match(B, *pair, last=False),
        match(A, *pair, position=1, last=False),
        match(A, *pair, username="other", last=False),
    ]
    assert [len(limit.apply(part).lines) for part in firsts] == [2, 2, 2, 2]
    assert [len(limit.apply(evolve(part, part=1)).lines) for part in firsts] == [1, 1, 1, 1]
    assert len(limit.apply(evolve(firsts[0], part=2, last=True)).lines) == 0
