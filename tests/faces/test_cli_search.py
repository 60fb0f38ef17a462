"""The command line, through its front door, over gists in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from gistsearch.adapters.cli import run
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.file_search import PART_LINES
from gistsearch.domain.search import SearchGists
from gistsearch.ports.gists import ContentGone, GistSource
from tests.unit.domain.fakes import InlineExecutor

HOME = "https://gist.github.com/octo"
SOURCE = InMemoryGists(
    {
        "octo": [
            MemoryGist(
                {"a.py": b"one\nneedle two\nthree\nfour\nfive needle needle\nsix\n", "b.md": b"no\n"},
                "The first",
                id="1",
                languages={"a.py": "Python", "b.md": "Markdown"},
            ),
            MemoryGist({"c.txt": b"Needle\n", "d.txt": b"a needle\n"}, id="2"),
            MemoryGist({"bin": b"needle\0\n"}, id="3"),
        ],
        "hostile": [MemoryGist({"e\x1b]0;x\x07.txt": b"needle \x1b[2J\x9b1m \xe2\x80\xae end\n"}, "d\x1b[5m", id="9")],
        "rows": [MemoryGist({"f": b"1 n\n2 n\n3\n4 n\n5\n6\n7\n8 n\n"}, id="7"), MemoryGist({"g": b"n\n"}, id="8")],
        "broken": [MemoryGist({"good": b"needle\n", "gone": ContentGone("it is gone")}, id="5")],
        "long": [MemoryGist({"l": b"x" * 2_000 + b"needle" + b"y" * 2_000}, id="6")],
    }
)


def gistsearch(*words: str, source: GistSource = SOURCE) -> int:
    def open_search(*, backend: str | None) -> tuple[SearchGists, float]:
        assert backend is None
        return SearchGists(source, Re2Compiler(), InlineExecutor()), 60.0

    def serve(host: str, port: int) -> None:
        raise OSError(98, f"Address already in use: {host}:{port}")

    return run(words, "1.2.3", open_search, serve)


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Any:
    def printed() -> list[str]:
        return capsys.readouterr().out.replace(HOME, "").splitlines()

    return printed


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ["needle"],
            [
                "/1:a.py:2:needle two",
                "/1:a.py:5:five needle needle",
                "/2:d.txt:1:a needle",
                "/3:bin: binary file matches",
            ],
        ),
        (["-i", "NEEDLE", "-g", "*.txt"], ["/2:c.txt:1:Needle", "/2:d.txt:1:a needle"]),
        (["-S", "needle", "-g", "c*"], ["/2:c.txt:1:Needle"]),
        (["-S", "Needle"], ["/2:c.txt:1:Needle"]),
        (["-w", "five|tw", "-g", "a*"], ["/1:a.py:5:five needle needle"]),
        (["-F", "e n"], ["/1:a.py:5:five needle needle"]),
        (["-U", r"one\nneedle"], ["/1:a.py:1:one", "/1:a.py:2:needle two"]),
        (["-c", "needle"], ["/1:a.py:2", "/2:d.txt:1", "/3:bin:1"]),
        (["-c", "-m", "1", "needle"], ["/1:a.py:1", "/2:d.txt:1", "/3:bin:1"]),
        (["-l", "needle"], ["/1", "/2", "/3"]),
        (["-m", "1", "needle", "-g", "a.py"], ["/1:a.py:2:needle two"]),
        (
            ["-t", "python", "e"],
            ["/1:a.py:1:one", "/1:a.py:2:needle two", "/1:a.py:3:three", "/1:a.py:5:five needle needle"],
        ),
        (["-t", "MARKDOWN", "-t", "Python", "no|six"], ["/1:a.py:6:six", "/1:b.md:1:no"]),
        (["-g", "!*.txt", "-g", "!bin", "needle t"], ["/1:a.py:2:needle two"]),
        (["-A", "1", "needle t"], ["/1:a.py:2:needle two", "/1:a.py-3-three"]),
        (["-B", "1", "needle t"], ["/1:a.py-1-one", "/1:a.py:2:needle two"]),
        (
            ["-C", "1", "needle", "-g", "a.py"],
            [
                "/1:a.py-1-one",
                "/1:a.py:2:needle two",
                "/1:a.py-3-three",
                "/1:a.py-4-four",
                "/1:a.py:5:five needle needle",
                "/1:a.py-6-six",
            ],
        ),
        (
            ["-C", "1", "-A", "0", "needle", "-g", "a.py"],
            ["/1:a.py-1-one", "/1:a.py:2:needle two", "--", "/1:a.py-4-four", "/1:a.py:5:five needle needle"],
        ),
        (["-e", "needle t"], ["/1:a.py:2:needle two"]),
        (["-q", "needle"], []),
        (["-l", "-c", "needle"], ["/1:a.py:2", "/2:d.txt:1", "/3:bin:1"]),
        (["-q", "-c", "-l", "needle"], []),
        (["-F", "-i", "NEEDLE T"], ["/1:a.py:2:needle two"]),
        (["-e", "-x|needle t"], ["/1:a.py:2:needle two"]),
        (["--", "-x|needle t"], ["/1:a.py:2:needle two"]),
        (["octo", "-e", "needle t"], ["/1:a.py:2:needle two"]),
        (
            ["--color", "always", "-g", "d*", "needle"],
            ["\x1b[35m/2\x1b[0m:\x1b[35md.txt\x1b[0m:\x1b[32m1\x1b[0m:a \x1b[1;31mneedle\x1b[0m"],
        ),
    ],
)
def test_what_is_printed_in_a_pipe(words: list[str], lines: Sequence[str], out: Any) -> None:
    """Ripgrep's flags mean what they mean there; a match is `URL:FILENAME:NUMBER:TEXT`."""
    assert gistsearch("search", *words, "octo") == 0
    assert [line.replace("https://gist.github.com/octo", "") for line in out()] == lines


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["needle", "octo"], 0),
        (["nowhere", "octo"], 1),
        (["needle", "broken"], 2),
        (["needle", "nobody", "octo"], 2),
        (["-q", "needle", "octo"], 0),
        (["-q", "nowhere", "octo"], 1),
        (["-F", "-w", "needl", "octo"], 1),
        (["-q", "nowhere", "broken"], 2),
        (["-e", "needle", "-e", "two", "octo"], 2),
        (["(", "octo"], 2),
        (["needle", "oc/to"], 2),
        (["x" * 1_001, "octo"], 2),
        (["needle"], 2),
        ([], 2),
        (["-e", "needle"], 2),
        (["--no-such-flag", "needle", "octo"], 2),
        (["-m", "0", "needle", "octo"], 2),
        (["-g", "*.{a,b}", "needle", "octo"], 2),
        (["--timeout", "0", "needle", "octo"], 2),
        (["\udcff", "octo"], 2),
    ],
)
def test_it_ends_as_grep_does(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0: something matched; 1: nothing did; 2: an error, or something could not be searched, said in words."""
    assert gistsearch("search", *words) == status
    assert bool(capsys.readouterr().err) == (status == 2)


def test_what_is_missing_is_said_and_the_rest_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A skipped file and an unknown user are a line each on standard error."""
    assert gistsearch("search", "needle", "broken", "nobody") == 2
    told = capsys.readouterr()
    assert told.out == "https://gist.github.com/broken/5:good:1:needle\n"
    assert told.err == (
        "gistsearch: nobody: there is no user 'nobody'\ngistsearch: broken/5/gone: skipped: gone: it is gone\n"
    )


def test_a_long_line_is_cut_and_says_so(out: Any) -> None:
    """What is shown of it is around the match."""
    gistsearch("search", "needle", "long")
    (line,) = out()
    assert "xneedley" in line
    assert line.endswith("y [… cut]")
    assert len(line) < 600


def test_in_a_pipe_text_is_passed_as_it_is_but_names_keep_to_their_line(out: Any) -> None:
    """The file's name can't break the line that it stands in."""
    gistsearch("search", "needle", "hostile")
    assert out() == ["https://gist.github.com/hostile/9:e\\x1b]0;x\\x07.txt:1:needle \x1b[2J�1m \u202e end"]


def test_statistics_are_told(out: Any) -> None:
    """How much was searched, and what was skipped."""
    assert gistsearch("search", "--stats", "-c", "needle", "broken") == 2
    assert out()[1:3] == ["", "1 gists, 2 files: 1 searched, 1 skipped"]


@pytest.mark.parametrize("words", [["--version"], ["-V"]])
def test_the_version_is_told(words: list[str], out: Any) -> None:
    """By name."""
    assert gistsearch(*words) == 0
    assert out() == ["gistsearch, version 1.2.3"]


def test_help_names_every_command(out: Any) -> None:
    """And ends well."""
    assert gistsearch("--help") == 0
    assert {"search", "serve"} <= {line.split()[0] for line in out() if line.startswith("  ")}


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """In words, with status 2."""
    assert gistsearch("serve", "--port", "9") == 2
    assert capsys.readouterr().err.startswith("gistsearch: can't listen on 127.0.0.1:9: Address already in use")


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
def test_context_is_merged_as_ripgrep_does(words: list[str], lines: list[str], out: Any) -> None:
    """Each line once, `:` behind the number of a match and `-` behind another's, `--` where lines are left out."""
    assert gistsearch("search", *words, "-g", "f", " ?n", "rows") == 0
    assert [_shortened(line) for line in out()] == lines


@pytest.mark.parametrize("words", [["-A", "1"], ["-B", "1"], ["-C", "2"], ["-C", "20"]])
def test_each_line_is_printed_once_also_where_a_file_comes_in_parts(words: list[str], out: Any) -> None:
    """However many match: the last line of a part waits for the next part to say whether what follows is a match."""
    source = InMemoryGists({"many": [MemoryGist({"f": b"a line\n" * (3 * PART_LINES + 10) + b"the end\n"}, id="1")]})
    assert gistsearch("search", *words, "a line", "many", source=source) == 0
    printed = [_shortened(line.replace("/1:f", "/7:f")) for line in out()]
    last = [f"{3 * PART_LINES + 11}-the end"] if "-B" not in words else []
    assert printed == [f"{number}:a line" for number in range(1, 3 * PART_LINES + 11)] + last


def _shortened(line: str) -> str:
    _, _, rest = line.partition("/7:f")
    return re.sub(r"^[:-](\d+)([:-]?)(?:\d ?)?(.*)$", r"\1\2\3", rest) or line


def test_files_with_context_are_kept_apart(out: Any) -> None:
    """By the line that marks every gap."""
    gistsearch("search", "-A", "1", "n$", "rows")
    assert out()[-3:] == [
        "https://gist.github.com/rows/7:f:8:8 n",
        "--",
        "https://gist.github.com/rows/8:g:1:n",
    ]


def test_a_user_who_is_named_twice_is_searched_once(out: Any) -> None:
    """Whatever the case: GitHub's names know none."""
    assert gistsearch("search", "n", "rows", "ROWS", "rows", "-c") == 0
    assert out() == ["https://gist.github.com/rows/7:f:4", "https://gist.github.com/rows/8:g:1"]


def test_a_silent_search_that_found_something_is_content(capsys: pytest.CaptureFixture[str]) -> None:
    """With `-q`, a match makes the status 0 and ends the search, whatever was missing before: as grep has it."""
    assert gistsearch("search", "-q", "needle", "nobody", "octo") == 0
    assert capsys.readouterr() == ("", "gistsearch: nobody: there is no user 'nobody'\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["search"], "give a PATTERN and at least one USER"),
        (["search", "", "octo"], "PATTERN: it has to be 1 to 1,000 characters long, not 0"),
        (["search", "x" * 1_001, "octo"], "PATTERN: it has to be 1 to 1,000 characters long, not 1,001"),
        (["search", "x", ""], "USER: it has to be 1 to 64 characters long, not 0"),
        (["search", "x", "octo", "-g", ""], "--glob: it has to be 1 to 255 characters long, not 0"),
        (["search", "x", "octo", "-t", ""], "--type: it has to be 1 to 255 characters long, not 0"),
        (["search", "x", "octo", "-C", "21"], "'-C' / '--context': 21 is not in the range 0<=x<=20"),
        (["search", "x", "oc/to"], "a user name consists of letters"),
        (["search", "\udcff", "octo"], "pattern is not valid Unicode text"),
        (["search", "ab(c", "octo"], "the pattern can't be used: missing ): ab(c"),
        (["search", "a**", "octo"], "the pattern can't be used: bad repetition operator: **"),
        (["search", "-x", "octo"], "A pattern that begins with '-' goes behind -e."),
        (["search", "-e", "a", "-e", "b", "octo"], "give -e once"),
        (["search", "--ignorecase", "x", "octo"], "Did you mean '--ignore-case'?"),
        (["serach", "x", "octo"], "Did you mean 'search'?"),
        (["serve", "--port", "70000"], "70000 is not in the range"),
        ([], "Usage: gistsearch"),
    ],
)
def test_what_is_wrong_is_said_in_words(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the names that things have on the command line, with a hint where there is one, and status 2."""
    assert gistsearch(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


def test_every_flag_is_explained(out: Any) -> None:
    """In the help of `search`, each with a sentence."""
    assert gistsearch("search", "-h") == 0
    told = " ".join("\n".join(out()).split())
    for flag in [
        "-e",
        "-i",
        "-S",
        "-w",
        "-F",
        "-U",
        "-A",
        "-B",
        "-C",
        "-c",
        "-l",
        "-m",
        "-g",
        "-t",
        "-q",
        "--stats",
        "--color",
        "--no-progress",
        "--timeout",
        "--backend",
    ]:
        assert re.search(rf"(?<![\w-]){flag}[ ,].*?[A-Z][^.]+\.", told), flag
