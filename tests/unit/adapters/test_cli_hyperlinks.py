"""Where line numbers link to."""

from __future__ import annotations

import pytest
from attrs import evolve

from gistsearch.adapters.cli.hyperlinks import LinkFormat, file_anchor, shows_hyperlinks
from tests.fakes import gist


@pytest.mark.parametrize(
    ("filename", "anchor"),
    [
        ("status.py", "file-status-py"),
        ("Hello World.PY", "file-hello-world-py"),
        (".bashrc", "file-bashrc"),
        (".bash_aliases", "file-bash_aliases"),
        ("gist-test.ts", "file-gist-test-ts"),
        ("a--b (copy).txt", "file-a-b-copy-txt"),
        ("_config.yml", "file-_config-yml"),
        ("Grüße.md", "file-grusse-md"),
        ("naïve café", "file-naive-cafe"),
        ("Łódź Ærø", "file-lodz-aero"),
        ("日本語.txt", "file-txt"),
        ("日本語", "file-"),
    ],
)
def test_anchor_is_that_of_the_gists_page(filename: str, anchor: str) -> None:
    """GitHub writes file names as Rails' `parameterize` does."""
    assert file_anchor(filename) == anchor


def test_line_links_to_github_by_default() -> None:
    """OSC 8 around the text, and the address of the line in it."""
    found = gist("g", "a b.py")
    assert LinkFormat.parse("default").link("7", found, found.files[0], 7) == (
        "\x1b]8;;https://gist.example/g#file-a-b-py-L7\x1b\\7\x1b]8;;\x1b\\"
    )


def test_format_has_variables() -> None:
    """Names are encoded, addresses are not."""
    found = gist("g", "a/ü b.py")
    link = LinkFormat.parse("editor://{id}/{path}?{line}&{raw_url}").link("x", found, found.files[0], 12)
    assert link.split("\x1b\\")[0] == "\x1b]8;;editor://g/a%2F%C3%BC%20b.py?12&memory:g/a/%C3%BC%20b.py"


def test_address_never_ends_its_escape_sequence() -> None:
    """Controls and characters beyond ASCII in an address from upstream are encoded."""
    found = evolve(gist("g", "f"), url="https://x/\x1b\\\x07\x9c ü")
    link = LinkFormat().link("1", found, found.files[0], 1)
    assert link.startswith("\x1b]8;;https://x/%1B%5C%07%C2%9C%20%C3%BC#file-f-L1\x1b\\1")
    assert link.count("\x1b") == 4


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{nope}", "unknown variable {nope}; there are {url}"), ("{url", "a brace"), ("url}", "a brace"), ("{}", "{}")],
)
def test_format_that_cannot_be_used_is_refused(text: str, complaint: str) -> None:
    """With the variables that there are."""
    with pytest.raises(ValueError, match=complaint.replace("{", r"\{").replace("}", r"\}")):
        LinkFormat.parse(text)


def test_none_links_nowhere() -> None:
    """It is not an address."""
    assert LinkFormat.parse("none").template == ""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "linux"}, False),
        ({"VTE_VERSION": "4999"}, False),
        ({"VTE_VERSION": "6800"}, True),
        ({"VTE_VERSION": "soon"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "alacritty-direct"}, True),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"KONSOLE_VERSION": "220401"}, True),
    ],
)
def test_links_are_written_only_for_terminals_known_to_show_them(environment: dict[str, str], expected: bool) -> None:
    """The others might print addresses in the middle of the text."""
    assert shows_hyperlinks(environment) == expected
