"""How a refused pattern is shown."""

from __future__ import annotations

import pytest

from gistsearch.adapters.cli.pattern_errors import explain_pattern
from gistsearch.ports.matching import InvalidPattern


@pytest.mark.parametrize(
    ("pattern", "part", "lines"),
    [
        ("a**b", "**", ["    a**b", "     ^^"]),
        ("(", "(", ["    (", "    ^"]),
        ("日本(?=x)", "(?=", ["    日本(?=x)", "        ^^^"]),
        ("a\tb**", "**", ["    a\tb**", "      ^^"]),
        ("\x1b[2J**", "**", [r"    \x1b[2J**", "           ^^"]),
        ("x" * 40 + "**" + "y" * 40, "**", [f"    …{'x' * 30}**{'y' * 30}…", f"     {' ' * 30}^^"]),
        ("ab(c", "ab(c", []),
        ("** a**", "**", []),
        ("abc", None, []),
        ("abc", "z", []),
    ],
)
def test_place_is_marked_if_it_is_known(pattern: str, part: str | None, lines: list[str]) -> None:
    """Below the message; a part that occurs twice, or is the whole pattern, marks nothing."""
    assert explain_pattern(InvalidPattern("why", part), [pattern]) == ["invalid pattern: why", *lines]


@pytest.mark.parametrize(("part", "lines"), [("**", ["    a**b", "     ^^"]), (None, ["    a**b"])])
def test_wrong_one_of_several_patterns_is_shown(part: str | None, lines: list[str]) -> None:
    """Else nobody would know which."""
    error = InvalidPattern("why", part, "a**b")
    assert explain_pattern(error, ["x", "a**b"]) == ["invalid pattern: why", *lines]


def test_without_the_pattern_the_message_stands_alone() -> None:
    """An engine may refuse all of them together."""
    assert explain_pattern(InvalidPattern("too large"), ["x", "y"]) == ["invalid pattern: too large"]
