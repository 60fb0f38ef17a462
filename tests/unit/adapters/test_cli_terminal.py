"""What reaches a terminal, and how it looks there."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.adapters.cli.terminal import (
    Style,
    display_width,
    escape_controls,
    escape_json_controls,
    fit,
    print_error,
    style_for,
    wants_colour,
)

ACTS = [
    *(*range(9), *range(10, 32), *range(0x7F, 0xA0)),
    *(0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xE0001, 0xE0041),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing about colours, with an ordinary terminal."""
    for name in ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.mark.parametrize("code", ACTS)
def test_characters_that_act_on_a_terminal_are_spelled_out(code: int) -> None:
    """Control characters, C1, bidirectional marks and isolates, invisible tags."""
    shown = escape_controls(f"a{chr(code)}b")
    assert shown.isascii()
    assert shown.startswith("a\\")


@pytest.mark.parametrize("text", ["plain", "tab\there", "naïve €", "日本語", "a\u00a0b", "👩\u200d💻", "\\x1b"])
def test_other_text_is_left_alone(text: str) -> None:
    """No script is garbled."""
    assert escape_controls(text) == text


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """What is written to a terminal can be printed, whatever a gist contains."""
    shown = escape_controls(text)
    assert all(character.isprintable() or character in "\t\u200c\u200d" or character.isspace() for character in shown)
    assert not set(shown) & {chr(code) for code in ACTS}


@given(st.text())
def test_json_with_controls_spelled_out_is_the_same_json(text: str) -> None:
    """A program that reads it gets the value that was meant."""
    written = escape_json_controls(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(written) == {"text": text}
    assert not set(written) & {chr(code) for code in ACTS}


def test_message_keeps_to_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name with a line feed cannot fake a second message; details are lines of their own."""
    print_error("a\nb\x1b[2J", "    detail")
    assert capsys.readouterr().err == "gistsearch: a\\nb\\x1b[2J\n    detail\n"


@pytest.mark.parametrize(
    ("settings", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": ""}, True, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"CLICOLOR": "1"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, False, True),
    ],
)
def test_colours_are_used_where_the_environment_wants_them(
    settings: dict[str, str], terminal: bool, expected: bool, plain_environment: pytest.MonkeyPatch
) -> None:
    """`NO_COLOR` wins, then `CLICOLOR_FORCE`; else a capable terminal has them unless `CLICOLOR=0`."""
    for name, value in settings.items():
        plain_environment.setenv(name, value)
    assert wants_colour(Terminal() if terminal else io.StringIO()) == expected


@pytest.mark.parametrize(
    ("colour", "terminal", "expected"),
    [
        ("auto", True, Style(colour=True, safe=True)),
        ("auto", False, Style(colour=False, safe=False)),
        ("always", False, Style(colour=True, safe=True)),
        ("never", True, Style(colour=False, safe=True)),
        ("never", False, Style(colour=False, safe=False)),
    ],
)
def test_text_is_passed_on_unchanged_only_in_a_plain_pipe(
    colour: str, terminal: bool, expected: Style, plain_environment: pytest.MonkeyPatch
) -> None:
    """Coloured output ends on a terminal sooner or later (`| less -R`)."""
    assert plain_environment
    assert style_for(Terminal() if terminal else io.StringIO(), colour) == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("two words", 5, "two…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("x", 0, "…"),
    ],
)
def test_text_is_cut_to_a_width_in_columns(text: str, width: int, expected: str) -> None:
    """East Asian characters take two columns, so that a cut line never wraps."""
    assert fit(text, width) == expected
    assert display_width(fit(text, width)) <= max(width, 1)
