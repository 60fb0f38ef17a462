"""What reaches a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.adapters.cli.printing import Lines, Urls, painter
from gistsearch.adapters.cli.progress import ProgressLine
from gistsearch.adapters.cli.terminal import visible
from gistsearch.domain.results import FileMatch, LineMatch, Progress
from tests.unit.domain.fakes import gist

ACTS = [
    *(*range(9), *range(10, 32), *range(0x7F, 0xA0)),
    *(0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xE0001, 0xE0041),
]


@pytest.mark.parametrize("code", ACTS)
def test_what_acts_on_a_terminal_is_written_out(code: int) -> None:
    """Control characters, C1, bidirectional marks and isolates, invisible tags."""
    shown = visible(f"a{chr(code)}b")
    assert shown.isascii()
    assert shown.startswith("a\\")


@pytest.mark.parametrize("text", ["plain", "tab\there", "naïve €", "日本語", "a\u00a0b", "👩\u200d💻", "\\x1b"])
def test_other_text_is_left(text: str) -> None:
    """Nobody's script is garbled."""
    assert visible(text) == text


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    """Whatever comes, what is shown can be printed."""
    assert all(
        character.isprintable() or character in "\t\u200c\u200d" or character.isspace() for character in visible(text)
    )
    assert not set(visible(text)) & {chr(code) for code in ACTS}


def found(name: str, *lines: LineMatch, **more: bool) -> FileMatch:
    listed = gist("g", name)
    return FileMatch("octo", 0, listed, listed.files[0], lines, len(lines), more.get("binary", False))


def printed(*matches: FileMatch, context: bool = False, colour: bool = False) -> str:
    out = io.StringIO()
    printer = Lines(out, painter(colour=colour), heading=True, context=context)
    for match in matches:
        printer.show(match)
    return out.getvalue()


def test_on_a_terminal_lines_stand_under_a_heading() -> None:
    """Of URL and file name; a file that comes again has it again."""
    a, b = found("a", LineMatch(1, "x", ((0, 1),))), found("b", LineMatch(2, "y", ()))
    assert printed(a, b, a).split("\n\n") == [
        "https://gist.example/g  a\n1:x",
        "https://gist.example/g  b\n2:y",
        "https://gist.example/g  a\n1:x\n",
    ]


def test_matches_are_coloured_and_everything_is_visible() -> None:
    """Escapes are ours alone."""
    line = LineMatch(7, "a\x1bb\x1bc", ((1, 3),), truncated=True)
    assert printed(found("\x07", line), colour=True).splitlines() == [
        "\x1b[35mhttps://gist.example/g\x1b[0m  \x1b[35m\\x07\x1b[0m",
        "\x1b[32m7\x1b[0m:a\x1b[1;31m\\x1bb\x1b[0m\\x1bc \x1b[2m[… cut]\x1b[0m",
    ]


def test_context_that_overlaps_is_printed_once() -> None:
    """As ripgrep merges it; a gap is marked."""
    lines = [
        LineMatch(2, "two", (), before=("one",), after=("three", "four")),
        LineMatch(4, "four", (), before=("two", "three"), after=("five",)),
        LineMatch(9, "nine", (), before=("eight",), after=()),
    ]
    assert printed(found("f", *lines), context=True).splitlines()[1:] == [
        "1-one", "2:two", "3-three", "4:four", "5-five", "--", "8-eight", "9:nine",
    ]  # fmt: skip


def test_a_binary_file_shows_no_line() -> None:
    """It is said to match."""
    assert printed(found("f", binary=True)).splitlines()[1:] == ["binary file matches"]


def test_a_gist_is_named_once() -> None:
    """However many of its files match."""
    out = io.StringIO()
    urls = Urls(out)
    for name in "ab":
        urls.show(found(name))
    assert out.getvalue() == "https://gist.example/g\n"


def test_progress_is_drawn_and_taken_away() -> None:
    """And not drawn at all where it is not wanted."""
    for shown in (True, False):
        out = io.StringIO()
        line = ProgressLine(out, shown=shown)
        line._drawn_at = 0.0  # pyright: ignore[reportPrivateUsage]  # or the test would have to wait
        line.update(Progress(3, 1, 10, 5, 2_000_000, False))
        line.clear()
        line.clear()
        assert ("5/10+ files of 3 gists, 2.0 MB" in out.getvalue()) == shown
        assert out.getvalue().endswith("\r\x1b[K" if shown else "")
