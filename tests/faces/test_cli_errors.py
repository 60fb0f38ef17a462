"""What the command line says of mistakes: one line that says what to do, and status 2."""

from __future__ import annotations

import pytest

from tests.faces.cli_fixtures import CommandLine

NOBODY = "give a PATTERN and at least one USER, as in: gistsearch search 'import requests' octocat"
EMPTY = "is empty and would match every line; '^' does that if it is meant"
NO_NAME = "is not a user name; give PATTERN first, then the names of GitHub users"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["search"], NOBODY),
        (["search", "x"], NOBODY),
        (
            ["search", "-e", "x"],
            NOBODY,
        ),
        (["search", "", "octo"], f"PATTERN {EMPTY}"),
        (
            ["search", "-e", "", "octo"],
            f"-e/--regexp: '' {EMPTY}",
        ),
        (["search", "x" * 1_001, "octo"], "PATTERN is longer than 1,000 characters"),
        (["search", "\udcff", "octo"], "PATTERN is not valid text in this locale's encoding"),
        (
            ["search", "x", "octo", "oc/to"],
            f"'oc/to' {NO_NAME}",
        ),
        (["search", "x", "octo", ""], "'' is not a user name"),
        (["search", "x", "o" * 256], f"'{'o' * 256}' is longer than 255 characters"),
        (["search", "x", "octo", "-g", ""], "-g/--glob: '' is empty"),
        (["search", "x", "octo", "-C", "21"], "-C/--context: '21' is not a whole number from 0 to 20"),
        (["search", "x", "octo", "-A", "-1"], "-A/--after-context: '-1' is not a whole number from 0 to 20"),
        (["search", "x", "octo", "-m", "0"], "-m/--max-count: '0' is not a whole number of at least 1"),
        (["search", "x", "octo", "--timeout", "0"], "--timeout: '0' is not a number of seconds above 0"),
        (["search", "x", "octo", "--timeout", "nan"], "--timeout: 'nan' is not a number of seconds above 0"),
        (["search", "x", "octo", "--sort", "path"], "--sort: 'path' is not one of 'none', 'listing'"),
        (["search", "x", "octo", "--color", "no"], "--color: 'no' is not one of 'auto', 'always', 'never'"),
        (
            ["search", "x", "octo", "--hyperlink-format", "{x"],
            "--hyperlink-format: '{x' has a brace without its partner",
        ),
        (["search", "x", "octo", *["-g", "*"] * 51], "-g/--glob: 51 are too many: at most 50"),
        (["search", "-v", "-U", "x", "octo"], "-v works line by line, so that it cannot be combined with -U"),
        (["search", "x", "octo", "-f", "/no such file"], "-f /no such file: No such file or directory"),
        (["search", "x", "octo", "-e"], "option '-e' requires an argument"),
        (["search", "--jsno", "x", "octo"], "unknown flag --jsno; did you mean --json?"),
        (["search", "--ignorecase", "x", "octo"], "unknown flag --ignorecase; did you mean --ignore-case?"),
        (["search", "--colour=always", "x", "octo"], "unknown flag --colour; did you mean --color?"),
        (
            ["search", "--vimgrep", "x", "octo"],
            "ripgrep's --vimgrep does not exist here; 'gistsearch search --help' lists all flags",
        ),
        (["search", "-y", "octo"], "unknown flag -y; if it is the pattern, write -e -y"),
        (
            ["search", "-r", "x", "octo"],
            "there is no -r here (ripgrep's --replace); 'gistsearch search --help' lists all flags",
        ),
        (
            ["search", "-rn", "x", "octo"],
            "there is no -r here (ripgrep's --replace); if -rn is the pattern, write -e -rn",
        ),
        (["search", "->next", "octo"], "unknown flag ->; if it is the pattern, write -e '->next'"),
        (["search", "--[a-z]", "octo"], "unknown flag --[a-z]; if it is the pattern, write -e '--[a-z]'"),
        (["serach", "x", "octo"], "unknown command 'serach'; did you mean 'search'?"),
        (["foo", "octo"], "unknown command 'foo'; to search for it: gistsearch search foo octo"),
        (["a b", "octo", "-c"], "unknown command 'a b'; to search for it: gistsearch search 'a b' octo -c"),
        (["-i", "foo", "octo"], "-i is a flag of search: gistsearch search -i foo octo"),
        (["--nope"], "unknown flag --nope; 'gistsearch --help' lists all"),
        (["serve", "--port", "70000"], "--port: '70000' is not a whole number from 0 to 65535"),
        (["serve", "--workers", "0"], "--workers: '0' is not a whole number from 1 to 64"),
        (["completion", "tcsh"], "shell: 'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_mistake_is_explained_in_one_line(words: list[str], message: str, gistsearch: CommandLine) -> None:
    """By the names that things have on the command line."""
    ran = gistsearch(*words)
    assert (ran.status, ran.out, ran.err) == (2, "", f"gistsearch: {message}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["search", "-t", "pythn", "x", "octo"], "did you mean Python"),
        (["search", "-t", "qqqq", "x", "octo"], "--type-list lists all names"),
        (["search", "-g", "[a", "x", "octo"], "-g/--glob: '[a'"),
        (["help", "nothing"], "no command or topic 'nothing'; there are search,"),
    ],
)
def test_mistake_is_explained_with_what_there_is(words: list[str], message: str, gistsearch: CommandLine) -> None:
    """Suggestions, or the whole list."""
    ran = gistsearch(*words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        (["a**b"], ["    a**b", "     ^^"]),
        (["a(?=b)"], ["    a(?=b)", "     ^^^"]),
        (["-e", "fine", "-e", "a**b"], ["    a**b", "     ^^"]),
        (["ab(c"], []),
    ],
)
def test_refused_pattern_is_marked_where_it_is_wrong(
    words: list[str], marked: list[str], gistsearch: CommandLine
) -> None:
    """If the engine says which part that is."""
    ran = gistsearch("search", *words, "octo")
    message, *lines = ran.err.splitlines()
    assert message.startswith("gistsearch: invalid pattern: ")
    assert (ran.status, ran.out, lines) == (2, "", marked)


@pytest.mark.parametrize("pattern", ["a\nb", "a\\nb"])
def test_pattern_across_lines_is_refused_with_the_flag_that_allows_it(pattern: str, gistsearch: CommandLine) -> None:
    """It would silently match nothing."""
    ran = gistsearch("search", pattern, "octo")
    assert ran.status == 2
    assert "-U lets a pattern match them" in ran.err
    assert gistsearch("search", "-U", pattern, "octo").status == 1
