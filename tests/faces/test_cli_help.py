"""Help, topics, the manual and completion."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from attrs import fields

from gistsearch.adapters.cli.options import SECTIONS, Flag, search_parameters
from gistsearch.adapters.cli.topics import NAMES
from gistsearch.domain.query import MAX_PATTERN_LENGTH, MAX_PATTERNS
from gistsearch.settings import Settings, variables_of
from tests.faces.cli_fixtures import CommandLine

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "data" / "share" / "man" / "man1" / "gistsearch.1"
FLAGS = [
    *("-e", "-f", "-i", "-S", "-s", "-w", "-F", "-U", "-a", "-o", "-v", "-A", "-B", "-C", "-c", "-l", "-m", "-g", "-t"),
    *("--type-list", "--sort", "--json", "--stats", "--heading", "--no-heading", "-n", "-N", "-H", "-I", "-p"),
    *("--color", "--hyperlink-format", "-q", "--no-progress", "--verbose", "--timeout", "--backend"),
]


@pytest.mark.parametrize("words", [["--version"], ["-V"]])
def test_version_is_printed(words: list[str], gistsearch: CommandLine) -> None:
    """With the name of the program."""
    assert gistsearch(*words).lines == ["gistsearch, version 1.2.3"]


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_names_every_command(words: list[str], gistsearch: CommandLine) -> None:
    """With a sentence on each, and examples."""
    ran = gistsearch(*words)
    assert ran.status == 0
    assert {"search", "serve", "help", "completion"} <= {line.split()[0] for line in ran.lines if line[:2] == "  "}
    assert "gistsearch search 'import requests' octocat" in ran.out


def test_nothing_to_do_is_an_error_that_helps(gistsearch: CommandLine) -> None:
    """The help goes to standard error then."""
    ran = gistsearch()
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Usage: gistsearch")


@pytest.mark.parametrize("words", [["search", "--help"], ["help", "search"]])
def test_every_flag_is_explained_in_its_section(words: list[str], gistsearch: CommandLine) -> None:
    """Each with a sentence, and none twice."""
    text = " ".join(gistsearch(*words).out.split())
    for flag in FLAGS:
        assert re.search(rf"(?<![\w-]){flag}[ ,].*?[A-Z][^.]+\.", text), flag
    sections = [parameter.section for parameter in search_parameters() if isinstance(parameter, Flag)]
    assert list(dict.fromkeys(sections)) == list(SECTIONS)
    assert all(f"{section}:" in text for section in SECTIONS)
    assert "GISTSEARCH_GITHUB_TOKEN" in text
    assert "x<=" not in text


def test_defaults_in_the_help_are_those_of_the_settings(gistsearch: CommandLine) -> None:
    """The default time-out is said where it can be changed."""
    assert f"(default {Settings().timeout_s:g}, or GISTSEARCH_TIMEOUT_S;" in " ".join(
        gistsearch("search", "-h").out.split()
    )


@pytest.mark.parametrize("name", NAMES)
def test_topics_fit_a_terminal(name: str, gistsearch: CommandLine) -> None:
    """80 columns, a title first; the help lists them."""
    ran = gistsearch("help", name)
    title = ran.lines[0]
    assert all(len(line) <= 80 for line in ran.lines)
    assert f"  {name:<12} {title}" in gistsearch("help").lines


def test_settings_in_the_help_are_true(gistsearch: CommandLine) -> None:
    """Every variable, with its default."""
    text = " ".join(gistsearch("help", "settings").out.split())
    for field in fields(Settings):
        name = next((name for name in variables_of(field) if re.search(rf"\b{name}\b", text)), None)
        assert name, field.name
        if field.default not in (None, "") and not isinstance(field.default, tuple):
            default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
            assert re.search(rf"{name}\b[^()]*(\([^)]*)?{re.escape(default)}", text), name


def test_limits_in_the_help_are_true(gistsearch: CommandLine) -> None:
    """Of patterns: how long, and how many."""
    text = " ".join(gistsearch("help", "patterns").out.split())
    assert f"1 to {MAX_PATTERN_LENGTH:,} characters" in text
    assert f"at most {MAX_PATTERNS:,} in all" in text


def test_manual_is_current(gistsearch: CommandLine) -> None:
    """To renew it: `gistsearch help --man > data/share/man/man1/gistsearch.1`."""
    assert gistsearch("help", "--man").out == MANUAL.read_text("utf-8")


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_manual_is_valid_roff() -> None:
    """Groff has nothing to warn about, and every flag is in it."""
    ran = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-Kutf8", "-P-cbou", str(MANUAL)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert ran.stderr == b""
    text = ran.stdout.decode()
    assert all(re.search(rf"^ +.*(?<![\w-]){flag}\b", text, re.MULTILINE) for flag in FLAGS)
    assert r"\s*b" in text


def test_package_contains_manual_and_topics(tmp_path: Path) -> None:
    """A wheel installs the manual where `man` looks, below the environment's prefix."""
    code = f"from flit_core import buildapi; buildapi.build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith(".data/data/share/man/man1/gistsearch.1") for name in names)
    assert {f"gistsearch/adapters/cli/help_topics/{name}.txt" for name in NAMES} <= set(names)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_asks_the_command(shell: str, gistsearch: CommandLine) -> None:
    """It is click's, for our name."""
    ran = gistsearch("completion", shell)
    assert ran.status == 0
    assert "_GISTSEARCH_COMPLETE" in ran.out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gistsearch s", {"search", "serve", "store"}),
        ("gistsearch store s", {"sync"}),
        ("gistsearch store sync --no", {"--no-progress"}),
        ("gistsearch search --of", {"--offline"}),
        ("gistsearch help store pr", {"prune"}),
        ("gistsearch search --js", {"--json"}),
        ("gistsearch search --color a", {"auto", "always"}),
        ("gistsearch search -t pytho", {"python", "python3", "python console", "python traceback"}),
        ("gistsearch search --backend m", {"memory"}),
        ("gistsearch search --sort ", {"none", "listing"}),
        ("gistsearch help pa", {"patterns"}),
        ("gistsearch completion z", {"zsh"}),
    ],
)
def test_shell_completes(
    line: str, expected: set[str], gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands, flags and their values, as click answers a bash."""
    monkeypatch.setenv("_GISTSEARCH_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert {row.partition(",")[2] for row in gistsearch().out.splitlines()} == expected


def test_types_are_listed(gistsearch: CommandLine) -> None:
    """Every name that `-t` takes, with what it means, without a pattern."""
    ran = gistsearch("search", "--type-list")
    assert ran.status == 0
    assert {"py: Python", "c++: C++", "cpp: C++"} <= set(ran.lines)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "serves on None:None with None workers"),
        (["--host", "::1", "--port", "0", "--workers", "2"], "serves on ::1:0 with 2 workers"),
    ],
)
def test_flags_of_serve_win_over_settings(words: list[str], line: str, gistsearch: CommandLine) -> None:
    """What is not given is left to them."""
    assert gistsearch("serve", *words).lines == [line]


def test_every_flag_takes_one_place() -> None:
    """No two flags share a name."""
    names = [name for parameter in search_parameters() for name in (*parameter.opts, *parameter.secondary_opts)]
    assert len(names) == len(set(names))
    assert all(isinstance(parameter, click.Option | click.Argument) for parameter in search_parameters())
