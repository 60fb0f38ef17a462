"""What a query refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.ports.matching import MatchOptions


@pytest.mark.parametrize(
    "bad",
    [
        {"usernames": ()},
        {"usernames": ("",)},
        {"usernames": ("\ud800",)},
        {"usernames": ("a" * 256,)},
        {"usernames": (1,)},
        {"pattern": ""},
        {"pattern": ()},
        {"pattern": ["x", ""]},
        {"pattern": "x" * 1_001},
        {"pattern": ["x"] * 1_001},
        {"pattern": "\ud800"},
        {"pattern": None},
        {"files": ("",)},
        {"files": ("*.{py,md",)},
        {"files": ("x",) * 51},
        {"files": ("x" * 256,)},
        {"languages": ("\udfff",)},
        {"max_lines": 0},
        {"context_before": -1},
        {"context_after": 10_000},
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
        {"invert": True, "options": MatchOptions(multiline=True)},
        {"invert": True, "detail": Detail.MATCHES},
    ],
)
def test_a_query_is_checked(bad: dict[str, Any]) -> None:
    """A field of the wrong type or out of range is refused when the query is made."""
    good: dict[str, Any] = {"usernames": ("octo",), "pattern": "x"}
    with pytest.raises((TypeError, ValueError)):
        SearchQuery(**good | bad)


@pytest.mark.parametrize("name", ["octo", "someone_corp", "dependabot[bot]", "first.last", "a b", "é", "..", "a/b"])
def test_which_user_names_exist_is_for_the_source_to_say(name: str) -> None:
    """The core knows no host's rules for names."""
    assert SearchQuery(name, "x").usernames == (name,)


def test_users_and_a_pattern_make_a_query() -> None:
    """It reports the matching lines, without a limit."""
    query = SearchQuery(["octo", "hubot"], "x")
    assert (query.usernames, query.patterns, query.detail) == (("octo", "hubot"), ("x",), Detail.LINES)
    assert (query.max_lines, query.timeout_s) == (None, None)


def test_times_have_a_zone() -> None:
    """A time without one would mean another moment on each machine."""
    with pytest.raises(ValueError, match="since has no time zone"):
        SearchQuery("octo", "x", since=datetime(2026, 1, 1))  # noqa: DTZ001
    assert SearchQuery("octo", "x", since=datetime(2026, 1, 1, tzinfo=UTC)).since
