"""What a query refuses."""

from __future__ import annotations

from typing import Any

import pytest

from gistsearch.domain.query import SearchQuery


@pytest.mark.parametrize(
    "bad",
    [
        {"usernames": ()},
        {"usernames": ("",)},
        {"usernames": ("a/b",)},
        {"usernames": ("..",)},
        {"usernames": ("a b",)},
        {"usernames": ("é",)},
        {"usernames": ("a\r\n",)},
        {"usernames": ("a" * 65,)},
        {"usernames": (1,)},
        {"pattern": ""},
        {"pattern": "x" * 1_001},
        {"pattern": "\ud800"},
        {"pattern": None},
        {"files": ("",)},
        {"files": ("*.{py,md}",)},
        {"files": ("x",) * 51},
        {"files": ("x" * 256,)},
        {"languages": ("\udfff",)},
        {"kept_lines": -1},
        {"stop_after_lines": 0},
        {"context_before": -1},
        {"context_after": 10_000},
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
    ],
)
def test_a_query_is_checked(bad: dict[str, Any]) -> None:
    """A field of the wrong type or out of its range is refused as the query is made."""
    good: dict[str, Any] = {"usernames": ("octo",), "pattern": "x"}
    with pytest.raises((TypeError, ValueError)):
        SearchQuery(**good | bad)


@pytest.mark.parametrize("name", ["octo", "octo-cat", "-old-", "someone_corp", "dependabot[bot]", "a" * 39])
def test_user_names_are_checked_loosely(name: str) -> None:
    """Managed users, bots and old accounts have names beyond today's rules."""
    assert SearchQuery(usernames=name, pattern="x").usernames == (name,)


def test_a_brace_in_a_name_can_be_asked_for() -> None:
    """Brackets take it literally."""
    assert SearchQuery(usernames="octo", pattern="x", files=["[{]x"]).files == ("[{]x",)
