"""Search requests: what their fields may be, and what they ask for."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.ports.matching import MatchOptions
from gistsearch.wire import FieldError, InvalidRequest, RequestReader, SearchRequest, encode

MAX_TIMEOUT_S = 60.0
FLAGS = ["ignore_case", "fixed_strings", "word", "multiline", "text"]


def read(**values: Any) -> SearchRequest:
    return RequestReader(MAX_TIMEOUT_S).read({"username": "octo", "pattern": "x"} | values)


def errors(values: dict[str, Any]) -> list[FieldError]:
    with pytest.raises(InvalidRequest) as caught:
        RequestReader(MAX_TIMEOUT_S).read(values)
    return list(caught.value.errors)


def error(**values: Any) -> FieldError:
    (only,) = errors({"username": "octo", "pattern": "x"} | values)
    return only


def test_the_plain_request_asks_only_which_gists_match() -> None:
    """Everything else is as the contract says by default."""
    assert read().query() == SearchQuery(usernames=("octo",), pattern="x", detail=Detail.GISTS, timeout_s=MAX_TIMEOUT_S)


def test_every_field_reaches_the_query() -> None:
    """One line more than the limit is asked for, which tells whether there are more."""
    asked = read(
        ignore_case=True,
        fixed_strings=True,
        word=True,
        multiline=True,
        text=True,
        files=["*.py", "!test_*"],
        languages=["Python", "js"],
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
        languages=("Python", "js"),
        detail=Detail.LINES,
        max_lines=6,
        context_before=3,
        context_after=3,
        text=True,
        timeout_s=2.5,
    )


@pytest.mark.parametrize("name", ["ignore_case", "fixed_strings", "word", "multiline"])
def test_each_option_is_its_own(name: str) -> None:
    """None sets another one."""
    assert read(**{name: True}).query().options == MatchOptions(**{name: True})


def test_lines_are_twenty_for_each_file_without_context_by_default() -> None:
    """With `detail: "lines"`."""
    query = read(detail="lines").query()
    assert (query.max_lines, query.context_before, query.context_after) == (21, 0, 0)


def test_counts_are_of_all_lines() -> None:
    """With `detail: "counts"`, no limit ends the search of a file."""
    query = read(detail="counts").query()
    assert (query.detail, query.max_lines) == (Detail.COUNTS, None)


def test_several_users_are_searched_each_once() -> None:
    """In the order in which they are given, in place of `username`."""
    asked = RequestReader(MAX_TIMEOUT_S).read({"usernames": ["b", "a", "B"], "pattern": "x"})
    assert asked.query().usernames == ("b", "a")


@pytest.mark.parametrize(
    ("users", "wrong"),
    [
        ({}, FieldError("/username", "is required")),
        (
            {"username": "a", "usernames": ["b"]},
            FieldError("/usernames", "cannot be given together with `username`"),
        ),
        ({"usernames": []}, FieldError("/usernames", "must not be empty")),
        ({"usernames": ["a"] * 51}, FieldError("/usernames", "must have at most 50 items, not 51")),
        ({"usernames": ["a", ""]}, FieldError("/usernames/1", "must have from 1 to 255 characters, not 0")),
    ],
)
def test_users_are_one_or_a_few(users: dict[str, Any], wrong: FieldError) -> None:
    """Either `username` or `usernames` is needed, and not both."""
    assert errors({"pattern": "x"} | users) == [wrong]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("username", "a" * 255),
        ("username", "first.last@example"),
        ("username", "dependabot[bot]"),
        ("pattern", "x" * 1_000),
        ("pattern", "\x00\r\n\x1b"),
        ("files", []),
        ("files", ["x" * 255] * 50),
        ("files", ["*.{py,md}", "[!a]*"]),
        ("languages", ["C++"]),
        ("languages", ["PYTHON", "rs"]),
        ("context", 0),
        ("max_lines_per_file", 20),
        ("timeout_s", 60),
        ("timeout_s", 1e-9),
    ],
)
def test_values_in_range_are_accepted_and_make_a_query(name: str, value: object) -> None:
    """Which names of users exist is for the source to say."""
    asked = read(**{name: value})
    assert json.loads(encode(getattr(asked, name))) == value
    asked.query()


@pytest.mark.parametrize(("name", "value"), [("context", 20), ("max_lines_per_file", 1), ("max_lines_per_file", 1_000)])
def test_the_bounds_of_lines_are_in_range(name: str, value: int) -> None:
    """Both ends are."""
    read(detail="lines", **{name: value}).query()


def test_a_float_without_a_fraction_is_a_whole_number() -> None:
    """JSON Schema, validation: "any number with a zero fractional part" is an integer."""
    assert type(read(context=3.0, detail="lines").context) is int


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [None, 1, 0, "true", [], {}])
def test_only_a_boolean_is_a_boolean(name: str, value: object) -> None:
    """Types are strict."""
    assert error(**{name: value}) == FieldError(f"/{name}", "must be true or false")


@pytest.mark.parametrize("name", ["username", "pattern"])
@pytest.mark.parametrize("value", [None, 1, True, ["x"], {}])
def test_only_a_string_is_a_string(name: str, value: object) -> None:
    """Types are strict."""
    assert error(**{name: value}) == FieldError(f"/{name}", "must be a string")


@pytest.mark.parametrize("value", [None, True, False, "3", -1, 21, 0.5, math.nan, math.inf, -math.inf, 10**400, [], {}])
def test_only_a_whole_number_in_range_is_a_context(value: object) -> None:
    """Neither a boolean nor a string is a number."""
    assert error(context=value, detail="lines") == FieldError("/context", "must be a whole number from 0 to 20")


@pytest.mark.parametrize("value", [None, True, "3", 0, 1_001, 1.5, math.nan, math.inf])
def test_only_a_whole_number_in_range_is_a_number_of_lines(value: object) -> None:
    """From 1 to 1,000."""
    assert error(max_lines_per_file=value, detail="lines") == FieldError(
        "/max_lines_per_file", "must be a whole number from 1 to 1,000"
    )


@pytest.mark.parametrize("value", [None, True, "3", 0, -1, 60.001, math.nan, math.inf, 10**400, []])
def test_only_a_positive_number_up_to_the_limit_is_a_timeout(value: object) -> None:
    """The operator sets the limit."""
    assert error(timeout_s=value) == FieldError("/timeout_s", "must be a number above 0, up to 60")


@pytest.mark.parametrize("value", [None, "", "LINES", "files", True, ["lines"], {}])
def test_detail_is_one_of_three_words(value: object) -> None:
    """In lower case."""
    assert error(detail=value) == FieldError("/detail", 'must be "gists", "counts" or "lines"')


@pytest.mark.parametrize("detail", ["gists", "counts"])
@pytest.mark.parametrize(("name", "value"), [("context", 1), ("max_lines_per_file", 21)])
def test_what_is_asked_about_lines_needs_lines(detail: str, name: str, value: int) -> None:
    """A field without effect is refused, as an unknown one is; its default asks for nothing."""
    assert error(detail=detail, **{name: value}) == FieldError(f"/{name}", 'needs "detail": "lines"')
    assert read(detail=detail, context=0, max_lines_per_file=20)


@pytest.mark.parametrize("name", ["files", "languages"])
@pytest.mark.parametrize("value", [None, "*.py", True, {"0": "*.py"}])
def test_only_a_list_is_a_list(name: str, value: object) -> None:
    """A single value is none."""
    assert error(**{name: value}) == FieldError(f"/{name}", "must be a list of strings")


@pytest.mark.parametrize("name", ["files", "languages"])
def test_a_list_has_at_most_fifty_items(name: str) -> None:
    """The error says how many there are."""
    assert error(**{name: ["x"] * 51}) == FieldError(f"/{name}", "must have at most 50 items, not 51")


@pytest.mark.parametrize(("name", "good"), [("files", "ok"), ("languages", "C")])
def test_each_bad_item_of_a_list_is_pointed_at(name: str, good: str) -> None:
    """By its index."""
    bad = errors({"username": "octo", "pattern": "x", name: [good, None, "", "y" * 256, "\ud800"]})
    assert [item.pointer for item in bad] == [f"/{name}/{index}" for index in (1, 2, 3, 4)]


@pytest.mark.parametrize(("given", "suggested"), [("pyton", "Python"), ("Javascrip", "JavaScript"), ("ruyb", "Ruby")])
def test_an_unknown_language_is_refused_with_a_suggestion(given: str, suggested: str) -> None:
    """A name that neither GitHub nor ripgrep knows would silently select no file."""
    wrong = error(languages=["Python", given])
    assert wrong.pointer == "/languages/1"
    assert given in wrong.detail
    assert suggested in wrong.detail


def test_a_glob_that_cannot_be_read_is_refused() -> None:
    """The error is that of the glob."""
    assert error(files=["*.{py"]).pointer == "/files/0"


@pytest.mark.parametrize(("name", "limit"), [("username", 255), ("pattern", 1_000)])
def test_an_empty_or_too_long_text_is_refused(name: str, limit: int) -> None:
    """The error says how long it is."""
    expected = f"must have from 1 to {limit:,} characters, not"
    assert error(**{name: ""}) == FieldError(f"/{name}", f"{expected} 0")
    assert error(**{name: "x" * (limit + 1)}) == FieldError(f"/{name}", f"{expected} {limit + 1:,}")


@pytest.mark.parametrize("name", ["username", "pattern"])
def test_a_lone_surrogate_is_not_text(name: str) -> None:
    """JSON can contain one (`"\\ud800"`), UTF-8 cannot."""
    assert error(**{name: "a\ud800"}) == FieldError(f"/{name}", "must be valid Unicode text")


def test_all_errors_are_reported_in_the_order_of_the_contract_with_unknown_fields_last() -> None:
    """Everything that is wrong is known at once."""
    found = errors({"zebra": 1, "a/b~c": 2, "timeout_s": 0, "context": None, "pattern": ""})
    assert [(item.pointer, item.detail) for item in found] == [
        ("/username", "is required"),
        ("/pattern", "must have from 1 to 1,000 characters, not 0"),
        ("/context", "must be a whole number from 0 to 20"),
        ("/timeout_s", "must be a number above 0, up to 60"),
        ("/zebra", "is not a field of a search"),
        ("/a~1b~0c", "is not a field of a search"),
    ]
