"""`gistsearch search`, through its front door: what it prints and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.faces.cli_fixtures import CommandLine


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ["needle"],
            [
                "octo/1:a.py:2:needle two",
                "octo/1:a.py:5:five needle needle",
                "octo/2:d.txt:1:a needle",
                "octo/3:bin: binary file matches",
            ],
        ),
        (["-i", "NEEDLE", "-g", "*.txt"], ["octo/2:c.txt:1:Needle", "octo/2:d.txt:1:a needle"]),
        (["-S", "needle", "-g", "c*"], ["octo/2:c.txt:1:Needle"]),
        (["-S", "Needle"], ["octo/2:c.txt:1:Needle"]),
        (["-w", "five|tw", "-g", "a*"], ["octo/1:a.py:5:five needle needle"]),
        (["-F", "e n"], ["octo/1:a.py:5:five needle needle"]),
        (["-F", "-i", "NEEDLE T"], ["octo/1:a.py:2:needle two"]),
        (["-U", r"one\nneedle"], ["octo/1:a.py:1:one", "octo/1:a.py:2:needle two"]),
        (["-e", "needle t", "-e", "si."], ["octo/1:a.py:2:needle two", "octo/1:a.py:6:six"]),
        (["-v", "e", "-g", "a.py"], ["octo/1:a.py:4:four", "octo/1:a.py:6:six"]),
        (["-v", "-c", "e", "-g", "a.py"], ["octo/1:a.py:2"]),
        (["-a", "needle", "-g", "bin"], ["octo/3:bin:1:needle\0"]),
        (["-c", "needle"], ["octo/1:a.py:2", "octo/2:d.txt:1", "octo/3:bin:1"]),
        (["-c", "-o", "needle"], ["octo/1:a.py:3", "octo/2:d.txt:1", "octo/3:bin:1"]),
        (["-c", "-m", "1", "needle"], ["octo/1:a.py:1", "octo/2:d.txt:1", "octo/3:bin:1"]),
        (["-c", "-I", "needle", "-g", "a*"], ["2"]),
        (["-l", "needle"], ["octo/1", "octo/2", "octo/3"]),
        (["-l", "-c", "needle"], ["octo/1:a.py:2", "octo/2:d.txt:1", "octo/3:bin:1"]),
        (["-c", "-l", "needle"], ["octo/1", "octo/2", "octo/3"]),
        (["-o", "n.*?e ", "-g", "a.py"], ["octo/1:a.py:2:needle ", "octo/1:a.py:5:needle "]),
        (["-o", "need", "-g", "a.py", "-m", "2"], [f"octo/1:a.py:{number}:need" for number in (2, 5, 5)]),
        (["-m", "1", "needle", "-g", "a.py"], ["octo/1:a.py:2:needle two"]),
        (["-t", "md", "-t", "PYTHON", "no|six"], ["octo/1:a.py:6:six", "octo/1:b.md:1:no"]),
        (["-g", "!*.txt", "-g", "!bin", "needle t"], ["octo/1:a.py:2:needle two"]),
        (["-g", "*.{md,txt}", "o|N"], ["octo/1:b.md:1:no", "octo/2:c.txt:1:Needle"]),
        (["-A", "1", "needle t"], ["octo/1:a.py:2:needle two", "octo/1:a.py-3-three"]),
        (["-B", "1", "needle t"], ["octo/1:a.py-1-one", "octo/1:a.py:2:needle two"]),
        (["-C1", "-N", "-I", "needle t"], ["one", "needle two", "three"]),
        (
            ["-C", "1", "-A", "0", "needle", "-g", "a.py"],
            [
                *("octo/1:a.py-1-one", "octo/1:a.py:2:needle two", "--"),
                *("octo/1:a.py-4-four", "octo/1:a.py:5:five needle needle"),
            ],
        ),
        (["-N", "needle t"], ["octo/1:a.py:needle two"]),
        (["-I", "needle t"], ["2:needle two"]),
        (["-I", "-N", "needle t"], ["needle two"]),
        (["-I", "--heading", "needle t"], ["2:needle two"]),
        (["--heading", "needle t"], ["octo/1  a.py", "The first", "2:needle two"]),
        (["--heading", "-N", "needle t"], ["octo/1  a.py", "The first", "needle two"]),
        (["-q", "needle"], []),
        (["-q", "-c", "needle"], []),
        (["-q", "--json", "needle"], []),
        (["--sort", "listing", "-l", "needle"], ["octo/1", "octo/2", "octo/3"]),
        (
            ["--color", "always", "-g", "d*", "needle"],
            ["\x1b[35mocto/2\x1b[0m:\x1b[35md.txt\x1b[0m:\x1b[32m1\x1b[0m:a \x1b[1;31mneedle\x1b[0m"],
        ),
        (
            ["-p", "-g", "d*", "needle"],
            ["\x1b[35mocto/2\x1b[0m  \x1b[35md.txt\x1b[0m", "\x1b[32m1\x1b[0m:a \x1b[1;31mneedle\x1b[0m"],
        ),
        (["-p", "--color", "never", "-g", "d*", "needle"], ["octo/2  d.txt", "1:a needle"]),
        (["-p", "--no-heading", "-I", "-N", "-g", "d*", "needle"], ["a \x1b[1;31mneedle\x1b[0m"]),
        (["--color", "always", "-l", "needle t"], ["\x1b[35mocto/1\x1b[0m"]),
    ],
)
def test_what_is_printed_in_a_pipe(words: list[str], lines: Sequence[str], gistsearch: CommandLine) -> None:
    """Ripgrep's flags mean what they mean there; a match is `URL:FILENAME:NUMBER:TEXT`."""
    ran = gistsearch("search", *words, "octo")
    assert (ran.lines, ran.status, ran.err) == (lines, 0, "")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["needle", "octo"], 0),
        (["nowhere", "octo"], 1),
        (["needle", "broken"], 2),
        (["needle", "nobody", "octo"], 2),
        (["-q", "needle", "octo"], 0),
        (["-q", "nowhere", "octo"], 1),
        (["-q", "nowhere", "broken"], 2),
        (["-F", "-w", "needl", "octo"], 1),
        (["--json", "nowhere", "octo"], 1),
        (["(", "octo"], 2),
        (["needle", "oc/to"], 2),
        (["needle"], 2),
        ([], 2),
    ],
)
def test_exit_status_is_greps(words: list[str], status: int, gistsearch: CommandLine) -> None:
    """0: something matched; 1: nothing did; 2: an error, or something could not be searched, explained on stderr."""
    ran = gistsearch("search", *words)
    assert (ran.status, bool(ran.err)) == (status, status == 2)


def test_missing_parts_are_named_and_the_rest_is_printed(gistsearch: CommandLine) -> None:
    """A skipped file and each unknown user are a line on standard error."""
    ran = gistsearch("search", "needle", "broken", "nobody", "noone")
    assert ran.lines == ["broken/5:good:1:needle"]
    assert ran.err.splitlines() == [
        "gistsearch: nobody: there is no user 'nobody'",
        "gistsearch: noone: there is no user 'noone'",
        "gistsearch: broken/5/gone not searched: it is gone; search again",
    ]


def test_language_that_no_file_has_is_a_warning(gistsearch: CommandLine) -> None:
    """It is no error, but explains why nothing is found."""
    ran = gistsearch("search", "-t", "ada", "needle", "octo")
    assert (ran.status, ran.out) == (1, "")
    assert re.fullmatch(r"gistsearch: warning: .*\bada\b.*\n", ran.err)


def test_long_line_is_cut_and_says_where(gistsearch: CommandLine) -> None:
    """What is printed of it is around the first match."""
    (line,) = gistsearch("search", "needle", "long").lines
    assert re.fullmatch(r"long/6:l:1:\[…\]x+needley+\[…\]", line)
    assert len(line) < 530


def test_every_match_of_a_long_line_can_be_printed(gistsearch: CommandLine) -> None:
    """With `-o`, however far apart they are; as JSON, too."""
    assert gistsearch("search", "-o", ".needle", "long").lines == ["long/6:l:1:xneedle", "long/6:l:1:yneedle"]
    objects = map(json.loads, gistsearch("search", "-o", "--json", ".needle", "long").lines)
    texts = [line["text"] for found in objects if found["type"] == "match" for line in found["file"]["lines"]]
    assert texts == ["xneedle", "yneedle"]


def test_plain_pipe_gets_text_unchanged_but_names_keep_to_their_line(gistsearch: CommandLine) -> None:
    """The name of a file cannot break the line in which it stands."""
    text = "needle \x1b[2J\ufffd1m \u202e end"
    assert gistsearch("search", "needle", "hostile").lines == [rf"hostile/9:e\x1b]0;x\x07.txt:1:{text}"]


@pytest.mark.parametrize("words", [[], ["-p"], ["-o"], ["-C1"], ["-l"], ["-c"], ["--json"], ["-a"], ["-v"]])
def test_coloured_output_contains_no_control_character_of_a_gist(words: list[str], gistsearch: CommandLine) -> None:
    """It ends on a terminal sooner or later: `| less -R`."""
    pattern = "nowhere" if "-v" in words else ".*needle.*"
    ran = gistsearch("search", "--color", "always", "--hyperlink-format", "default", *words, pattern, "hostile")
    ours = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;;[!-~]*\x1b\\", "", ran.out)
    assert ran.status == 0
    assert all(character.isprintable() or character == "\n" for character in ours)
    assert "\x9b" not in ran.out


def test_numbers_link_where_they_are_told_to(gistsearch: CommandLine) -> None:
    """In coloured output only."""
    words = ["search", "-I", "--hyperlink-format", "x://{id}/{path}:{line}", "needle t", "octo"]
    (line,) = gistsearch(*words, "--color", "always").lines
    assert line.startswith("\x1b]8;;x://1/a.py:2\x1b\\\x1b[32m2\x1b[0m\x1b]8;;\x1b\\:")
    assert gistsearch(*words).lines == ["2:needle two"]
    assert "\x1b]8" not in gistsearch(*words, "--color", "always", "--hyperlink-format", "none").out


def test_pipe_gets_no_links_unasked(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every pager passes them on."""
    monkeypatch.setenv("VTE_VERSION", "7000")
    assert "\x1b]8" not in gistsearch("search", "--color", "always", "needle t", "octo").out


def test_statistics_follow_the_matches(gistsearch: CommandLine) -> None:
    """How much was found, searched and skipped."""
    ran = gistsearch("search", "--stats", "-c", "needle", "broken")
    assert ran.lines[:6] == [
        "broken/5:good:1",
        "",
        "1 matched line",
        "1 file with matches",
        "1 file of 1 gist searched",
        "1 file or part of a listing skipped",
    ]


def test_quiet_statistics_count_everything(gistsearch: CommandLine) -> None:
    """With `--stats`, `-q` does not stop at the first match, as in ripgrep."""
    ran = gistsearch("search", "-q", "--stats", "needle", "octo")
    assert ran.status == 0
    assert ran.lines[:3] == ["", "4 matched lines", "3 files with matches"]


def test_json_is_a_stream_of_objects(gistsearch: CommandLine) -> None:
    """One a line, from `begin` to `end`; `--stats` adds nothing to it."""
    ran = gistsearch("search", "--json", "--stats", "needle", "broken", "nobody")
    objects = [json.loads(line) for line in ran.lines]
    assert ran.status == 2
    kinds = [found["type"] for found in objects if found["type"] != "progress"]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert sorted(kinds[1:-1]) == ["error", "match", "skipped"]
    assert objects[-1]["complete"] is False


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["-A", "1"], ["1:n", "2:n", "3-", "4:n", "5-", "--", "8:n"]),
        (["-B", "1"], ["1:n", "2:n", "3-", "4:n", "--", "7-", "8:n"]),
        (["-C", "1"], ["1:n", "2:n", "3-", "4:n", "5-", "--", "7-", "8:n"]),
        (["-C", "2"], ["1:n", "2:n", "3-", "4:n", "5-", "6-", "7-", "8:n"]),
        (["-A", "2", "-m", "3"], ["1:n", "2:n", "3-", "4:n", "5-", "6-"]),
        (["-A", "1", "-c"], ["4"]),
    ],
)
def test_context_is_merged_as_in_ripgrep(words: list[str], lines: list[str], gistsearch: CommandLine) -> None:
    """Each line once, `:` after the number of a match and `-` after another's, `--` where lines are left out."""
    ran = gistsearch("search", *words, "-I", "-g", "f", " ?n", "rows")
    assert [re.sub(r"(?<=[:-])\d ?", "", line) for line in ran.lines] == lines


@pytest.mark.parametrize("words", [["-A", "1"], ["-B", "1"], ["-C", "2"], ["-C", "20"]])
def test_each_line_is_printed_once_in_a_file_of_many_parts(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The last lines of a part wait until the next part says whether they match."""
    source = InMemoryGists({"many": [MemoryGist({"f": b"a line\n" * 2_000 + b"the end\n"}, id="1")]})
    ran = CommandLine(capsys, source)("search", *words, "-I", "a line", "many")
    last = ["2001-the end"] if "-B" not in words else []
    assert ran.lines == [f"{number}:a line" for number in range(1, 2_001)] + last


def test_user_who_is_named_in_several_ways_is_searched_once(gistsearch: CommandLine) -> None:
    """GitHub's names know no case."""
    ran = gistsearch("search", "n", "rows", "@ROWS", "https://gist.github.com/rows/7", "-c")
    assert ran.lines == ["rows/7:f:4", "rows/8:g:1"]


def test_quiet_search_that_found_something_succeeds(gistsearch: CommandLine) -> None:
    """With `-q`, a match makes the status 0 and ends the search, even if something was missing before: as in grep."""
    ran = gistsearch("search", "-q", "needle", "nobody", "octo")
    assert (ran.status, ran.out, ran.err) == (0, "", "gistsearch: nobody: there is no user 'nobody'\n")


def test_smart_case_looks_at_literal_letters_alone(gistsearch: CommandLine) -> None:
    """The capital of a group's name, a class or an escape says nothing about case."""
    for pattern in (r"(?P<Name>needle)", r"\pLeedle", r"\Seedle", r"n\x65edle"):
        assert len(gistsearch("search", "-S", pattern, "octo", "-g", "c.txt").lines) == 1, pattern
    assert gistsearch("search", "-S", "[N]eedle", "octo", "-g", "d.txt").lines == []


def test_statistics_of_gists_count_gists(gistsearch: CommandLine) -> None:
    """With `-l`, the search of a gist ends at its first match, so that lines and files would be counted too low."""
    lines = gistsearch("search", "-l", "--stats", "needle", "octo").lines
    assert "3 gists with matches" in lines
    assert not any("matched line" in line or "files with" in line for line in lines)
