"""Which query the flags ask."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import click
import pytest

from gistsearch.adapters.cli.arguments import OutputMode, SearchArguments
from gistsearch.adapters.cli.options import search_parameters
from gistsearch.adapters.cli.search_command import read_arguments
from gistsearch.domain.query import Detail, Order, SearchQuery
from gistsearch.ports.matching import MatchOptions


def arguments(*words: str) -> SearchArguments:
    command = click.Command("search", params=search_parameters())
    with command.make_context("search", list(words)) as context:
        flags = {name: value for name, value in context.params.items() if name != "backend"}
    return read_arguments(flags)


def query(*words: str) -> SearchQuery:
    return arguments(*words).query(60.0)


def test_without_flags_lines_are_asked_for() -> None:
    """And nothing else."""
    assert query("x", "octo") == SearchQuery(("octo",), "x", detail=Detail.LINES, timeout_s=60.0)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["-i"], MatchOptions(ignore_case=True)),
        (["-S"], MatchOptions(smart_case=True)),
        (["-s"], MatchOptions()),
        (["-i", "-S"], MatchOptions(smart_case=True)),
        (["-S", "-i"], MatchOptions(ignore_case=True)),
        (["-i", "-s"], MatchOptions()),
        (["-sSi"], MatchOptions(ignore_case=True)),
        (["-F", "-w"], MatchOptions(fixed_strings=True, word=True)),
        (["-U"], MatchOptions(multiline=True)),
    ],
)
def test_flags_say_how_patterns_match(words: list[str], options: MatchOptions) -> None:
    """Of flags that contradict each other, the last one wins."""
    assert query(*words, "x", "octo").options == options


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        ([], Detail.LINES),
        (["-o"], Detail.MATCHES),
        (["-c"], Detail.COUNTS),
        (["-l"], Detail.GISTS),
        (["--json"], Detail.LINES),
        (["--json", "-o"], Detail.MATCHES),
        (["-c", "-l"], Detail.GISTS),
        (["-l", "-c"], Detail.COUNTS),
        (["-c", "--json"], Detail.LINES),
        (["--json", "-l"], Detail.GISTS),
        (["-c", "-o"], Detail.MATCH_COUNTS),
        (["-o", "-v"], Detail.LINES),
        (["-c", "-o", "-v"], Detail.COUNTS),
        (["-q"], Detail.GISTS),
        (["-q", "--json"], Detail.GISTS),
        (["-q", "-o"], Detail.GISTS),
        (["-q", "--stats"], Detail.COUNTS),
    ],
)
def test_query_asks_for_no_more_than_is_printed(words: list[str], detail: Detail) -> None:
    """Whether gists match, how many lines do, which lines, or each match."""
    assert query(*words, "x", "octo").detail is detail


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (["-A", "1"], 0, 1),
        (["-B", "2"], 2, 0),
        (["-C3"], 3, 3),
        (["-C", "3", "-A", "1"], 3, 1),
        (["-A", "0", "-C", "3"], 3, 0),
        (["-C", "3", "-c"], 0, 0),
        (["-C", "3", "-o"], 0, 0),
        (["-A", "3", "-B", "3", "-l"], 0, 0),
    ],
)
def test_context_is_asked_for_where_lines_are_printed(words: list[str], before: int, after: int) -> None:
    """`-A` and `-B` win over `-C` wherever they stand."""
    asked = query(*words, "x", "octo")
    assert (asked.context_before, asked.context_after) == (before, after)


def test_other_flags_reach_the_query() -> None:
    """Each by its name there."""
    asked = query(
        *("-v", "-m", "7", "-g", "*.py", "-g", "!a*", "-t", "py", "-t", "C++", "--sort", "listing", "--timeout", "2.5"),
        *("x", "octo"),
    )
    assert asked == SearchQuery(
        ("octo",),
        "x",
        files=("*.py", "!a*"),
        languages=("py", "C++"),
        order=Order.LISTING,
        max_lines=7,
        invert=True,
        timeout_s=2.5,
    )


@pytest.mark.parametrize(
    ("words", "patterns", "users"),
    [
        (["x", "octo", "hubot"], ("x",), ("octo", "hubot")),
        (["-e", "x", "octo"], ("x",), ("octo",)),
        (["octo", "-e", "x", "hubot", "-e", "y"], ("x", "y"), ("octo", "hubot")),
        (["-e-x", "octo"], ("-x",), ("octo",)),
        (["-e", "-x", "octo"], ("-x",), ("octo",)),
        (["--", "-x", "octo"], ("-x",), ("octo",)),
        (["-e", "x", "-e", "x", "octo"], ("x",), ("octo",)),
        (["x", "octo", "OCTO", "@Octo", "https://github.com/octo"], ("x",), ("octo",)),
    ],
)
def test_words_are_the_pattern_and_users(words: list[str], patterns: tuple[str, ...], users: tuple[str, ...]) -> None:
    """All are users if patterns are given otherwise; each is searched once."""
    asked = query(*words)
    assert (asked.patterns, asked.usernames) == (patterns, users)


@pytest.mark.parametrize("content", [b"a b\nc\\d\n", b"a b\r\nc\\d\r\n", b"a b\nc\\d", b"\xef\xbb\xbfa b\nc\\d"])
def test_patterns_are_read_from_a_file(content: bytes, tmp_path: Path) -> None:
    """One a line, whatever the line ends, without a byte order mark; after those of `-e`."""
    file = tmp_path / "patterns"
    file.write_bytes(content)
    asked = query("-f", str(file), "-e", "e", "octo")
    assert (asked.patterns, asked.usernames) == (("e", "a b", "c\\d"), ("octo",))


def test_patterns_are_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-f -`, as in grep."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("a\nü\n".encode())))
    assert query("-f", "-", "octo").patterns == ("a", "ü")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no pattern, so nothing could match"),
        (b"a\n\nb\n", "line 2: the pattern is empty"),
        (b"\n", "line 1: the pattern is empty"),
        (b"a\n" + b"x" * 1_001, "line 2: the pattern is longer than 1,000 characters"),
        (b"a\nb\xff\n", "line 2: is not UTF-8"),
        (b"".join(b"%d\n" % number for number in range(1_001)), "1,001 patterns are too many"),
        (b"x" * 5_000_000, "too large for 1,000 patterns"),
    ],
)
def test_file_of_patterns_that_cannot_be_used_is_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    """With the line that is wrong."""
    file = tmp_path / "patterns"
    file.write_bytes(content)
    with pytest.raises(click.UsageError, match=complaint):
        arguments("-f", str(file), "octo")


@pytest.mark.parametrize("name", ["no such file", "."])
def test_file_of_patterns_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(click.UsageError, match=rf"-f .*{name}: (No such file|Is a directory|Permission denied)"):
        arguments("-f", str(tmp_path / name), "octo")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {"mode": OutputMode.LINES, "line_numbers": True, "filenames": True, "heading": None, "progress": True}),
        (["-N", "-I", "--no-progress", "--verbose"], {"line_numbers": False, "filenames": False, "progress": False}),
        (["-N", "-n", "-I", "-H"], {"line_numbers": True, "filenames": True}),
        (["-n", "-N", "-H", "-I"], {"line_numbers": False, "filenames": False}),
        (["--heading"], {"heading": True}),
        (["--heading", "--no-heading"], {"heading": False}),
        (["--no-heading", "--heading"], {"heading": True}),
        (["-p", "--color", "never"], {"pretty": True, "colour": "never"}),
        (["--color", "always", "--color", "never"], {"colour": "never"}),
        (["-q", "-c"], {"quiet": True, "mode": OutputMode.COUNTS}),
    ],
)
def test_flags_say_how_to_print(words: list[str], expected: dict[str, Any]) -> None:
    """Of flags that contradict each other, the last one wins."""
    output = arguments(*words, "x", "octo").output
    assert {name: getattr(output, name) for name in expected} == expected
