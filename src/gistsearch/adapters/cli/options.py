"""The flags of `gistsearch search`: the one table behind parsing, help, completion and the man page."""

from __future__ import annotations

from typing import Any

import click

from gistsearch.adapters.cli.option_types import (
    BACKEND,
    GLOB,
    LANGUAGE,
    LINK_FORMAT,
    ORGANIZATION,
    PATTERN,
    SECONDS,
    TIME,
    whole_number,
)
from gistsearch.domain.query import MAX_CONTEXT_LINES, Order

MATCHING = "What matches"
FILES = "Which files"
MODES = "What is printed instead of lines"
OUTPUT = "How matches are printed"
SEARCH = "The search itself"
USERS = "Many users"
SECTIONS = (MATCHING, FILES, MODES, OUTPUT, SEARCH, USERS)
"""The sections of the help, in order."""


class Flag(click.Option):
    """An option with a place in the help."""

    def __init__(self, *declarations: str, section: str, **settings: Any) -> None:
        super().__init__(declarations, **settings)
        self.section = section


def _matching() -> list[click.Parameter]:
    return [
        Flag(
            *("-e", "--regexp", "regexps"),
            section=MATCHING,
            multiple=True,
            type=PATTERN,
            help="Search for PATTERN; repeat it to search for several at once. All other words are then users.",
        ),
        Flag(
            *("-f", "--file", "pattern_files"),
            section=MATCHING,
            multiple=True,
            type=click.Path(allow_dash=True),
            metavar="FILE",
            help="Search for the patterns in FILE, one a line; '-' is standard input. All other words are users.",
        ),
        Flag("-F", "--fixed-strings", section=MATCHING, is_flag=True, help="Patterns are literal text."),
        _case("-i", "--ignore-case", "ignore", "Ignore case."),
        _case("-S", "--smart-case", "smart", "Ignore case unless a pattern has an upper-case letter."),
        _case("-s", "--case-sensitive", "sensitive", "Match case (default)."),
        Flag("-w", "--word-regexp", section=MATCHING, is_flag=True, help="Match only whole words."),
        Flag("-v", "--invert-match", section=MATCHING, is_flag=True, help="Print the lines that do not match."),
        Flag("-U", "--multiline", section=MATCHING, is_flag=True, help="Let matches span lines."),
        Flag(
            "-a", "--text", section=MATCHING, is_flag=True, help="Print the lines of binary files as if they were text."
        ),
    ]


def _case(short: str, long: str, value: str, help_text: str) -> Flag:
    return Flag(short, long, "case", section=MATCHING, flag_value=value, type=str, default=None, help=help_text)


def _files() -> list[click.Parameter]:
    return [
        Flag(
            *("-g", "--glob", "globs"),
            section=FILES,
            multiple=True,
            type=GLOB,
            help="Only files matching GLOB; '!' excludes. The last GLOB that matches a name decides.",
        ),
        Flag(
            *("-t", "--type", "types"),
            section=FILES,
            multiple=True,
            type=LANGUAGE,
            help="Only files in LANGUAGE, by GitHub's name (C++) or ripgrep's (cpp).",
        ),
        Flag(
            "--since",
            section=FILES,
            type=TIME,
            help="Only gists updated at TIME or later: 2026-11-26, 2026-11-26T08:00, or 90m, 24h, 7d, 2w ago.",
        ),
        Flag(
            "--type-list",
            section=FILES,
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_types,
            help="List all names of languages and exit.",
        ),
    ]


def _modes() -> list[click.Parameter]:
    return [
        _mode("-c", "--count", "counts", "Print the number of matching lines of each file; with -o, of matches."),
        _mode("-l", "--files-with-matches", "gists", "Print the URLs of the gists that match."),
        _mode(None, "--json", "json", "Print JSON, an object a line; see 'gistsearch help json'."),
        Flag("-q", "--quiet", section=MODES, is_flag=True, help="Print nothing, and stop at the first match."),
    ]


def _mode(short: str | None, long: str, value: str, help_text: str) -> Flag:
    names = [name for name in (short, long, "mode") if name]
    return Flag(*names, section=MODES, flag_value=value, type=str, default=None, help=help_text)


def _output() -> list[click.Parameter]:
    number = whole_number(0, MAX_CONTEXT_LINES)
    return [
        Flag(
            "-o",
            "--only-matching",
            section=OUTPUT,
            is_flag=True,
            help="Print each match, not its line. One of more than 500 characters is cut, and ends with '[…]'.",
        ),
        Flag("-A", "--after-context", section=OUTPUT, type=number, help="Print NUM lines after each match."),
        Flag("-B", "--before-context", section=OUTPUT, type=number, help="Print NUM lines before each match."),
        Flag("-C", "--context", section=OUTPUT, type=number, help="Print NUM lines before and after each match."),
        Flag(
            *("-n/-N", "--line-number/--no-line-number", "line_numbers"),
            section=OUTPUT,
            default=True,
            help="Print line numbers (default), or don't.",
        ),
        Flag(
            *("-H/-I", "--with-filename/--no-filename", "filenames"),
            section=OUTPUT,
            default=True,
            help="Print URLs and file names (default), or don't.",
        ),
        Flag(
            "--heading/--no-heading",
            section=OUTPUT,
            default=None,
            help="Print URL and file name above the lines of a file (default on a terminal), or on each line.",
        ),
        Flag("-p", "--pretty", section=OUTPUT, is_flag=True, help="Print colours and headings in a pipe, too."),
        Flag(
            *("--color", "colour"),
            section=OUTPUT,
            type=click.Choice(["auto", "always", "never"]),
            default=None,
            metavar="WHEN",
            help="Use colours always, never, or on a terminal (auto, the default).",
        ),
        Flag(
            "--hyperlink-format",
            section=OUTPUT,
            type=LINK_FORMAT,
            default=None,
            help="Link line numbers to FORMAT, to GitHub ('default') or not ('none'); see 'gistsearch help output'.",
        ),
        Flag("--stats", section=OUTPUT, is_flag=True, help="Print how much was searched and found."),
    ]


def _search() -> list[click.Parameter]:
    return [
        Flag(
            *("-m", "--max-count"),
            section=SEARCH,
            type=whole_number(1),
            help="Stop searching a file after NUM matching lines.",
        ),
        Flag(
            *("--sort", "order"),
            section=SEARCH,
            type=click.Choice([order.value for order in Order]),
            default=Order.NONE.value,
            metavar="ORDER",
            help="Print files in the order of GitHub's listing, newest gist first ('listing'), or as found"
            " ('none', the default).",
        ),
        Flag(
            *("--timeout", "timeout_s"),
            section=SEARCH,
            type=SECONDS,
            help="Stop after SECONDS and keep the results (default 60, or GISTSEARCH_TIMEOUT_S; with the flags for many"
            " users, 3600 for each).",
        ),
        Flag(
            "--backend",
            section=SEARCH,
            type=BACKEND,
            help="Search GitHub ('github', the default), samples without a network ('memory'), or what another"
            " package registered as NAME.",
        ),
        Flag(
            "--offline",
            section=SEARCH,
            is_flag=True,
            help="Search only what the store has, without a network, and say how old it is.",
        ),
        Flag("--no-store", section=SEARCH, is_flag=True, help="Search as if nothing were stored, and store nothing."),
        Flag(
            "--progress/--no-progress",
            section=SEARCH,
            default=True,
            help="Show progress on a terminal (default), or don't.",
        ),
        Flag("--verbose", section=SEARCH, is_flag=True, help="List each file that could not be searched."),
    ]


def _users() -> list[click.Parameter]:
    return [
        Flag(
            *("--users", "user_files"),
            section=USERS,
            multiple=True,
            type=click.Path(allow_dash=True),
            metavar="FILE",
            help="Search the users in FILE, one a line; '#' begins a comment, '-' is standard input.",
        ),
        Flag(
            *("--org", "organizations"),
            section=USERS,
            multiple=True,
            type=ORGANIZATION,
            help="Search the public members of the organization NAME.",
        ),
        Flag(
            "--journal",
            section=USERS,
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="Write down in FILE who has been searched, and leave out those who have been.",
        ),
        Flag(
            *("--new", "only_new"),
            section=USERS,
            is_flag=True,
            help="Search all users again, but only gists updated since the journal's last search of their user.",
        ),
        Flag(
            *("--wait", "waits"),
            section=USERS,
            is_flag=True,
            help="When GitHub's limit is used up, wait until it is lifted, and go on.",
        ),
        Flag(
            "--engine",
            section=USERS,
            metavar="ADDRESS",
            help="Search on the workers of a cluster (dask://HOST:PORT); see 'gistsearch worker --help'.",
        ),
    ]


def search_parameters() -> list[click.Parameter]:
    """Return the arguments and flags of `search`, in the order of the help."""
    words = click.Argument(["words"], nargs=-1, metavar="PATTERN USER...")
    return [words, *_matching(), *_files(), *_modes(), *_output(), *_search(), *_users()]


def _print_types(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from gistsearch.domain.languages import type_list

        for name, languages in type_list().items():
            click.echo(f"{name}: {', '.join(languages)}")
        ctx.exit()
