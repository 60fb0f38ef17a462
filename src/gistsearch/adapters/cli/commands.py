"""The commands and their options: ripgrep's names and meanings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, Protocol

import click
from click.exceptions import Exit

from gistsearch.adapters.cli.asking import Asked, Shown
from gistsearch.adapters.cli.searching import Output, Status, search
from gistsearch.adapters.cli.terminal import complain
from gistsearch.domain.query import (
    MAX_CONTEXT_LINES,
    MAX_FILTER_LENGTH,
    MAX_PATTERN_LENGTH,
    MAX_TIMEOUT_S,
    MAX_USERNAME_LENGTH,
)
from gistsearch.domain.search import SearchGists
from gistsearch.ports.matching import InvalidPattern

INTERRUPTED = 130
BROKEN_PIPE = 141


class OpenSearch(Protocol):
    """Makes the use case."""

    def __call__(self, *, backend: str | None) -> tuple[SearchGists, float]:
        """Return it, and the longest that a search may take by default, in seconds."""
        raise NotImplementedError


Serve = Callable[[str, int], None]
"""Serves HTTP on a host and port until it is told to end."""


def run(arguments: Sequence[str], version: str, open_search: OpenSearch, serve: Serve) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: what stands behind the command's name.
        version: what `--version` says.
        open_search: makes the use case for `search`.
        serve: what `serve` does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    try:
        status = _invoke(_commands(version, open_search, serve), arguments)
        sys.stdout.flush()
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except OSError as error:  # The disk is full, or something of the kind.
        complain(error.strerror or str(error))
        return Status.ERROR
    return status


def _invoke(commands: click.Group, arguments: Sequence[str]) -> int:
    """Do what click's own `main` does, but leave Ctrl-C and broken pipes to the caller: it calls both of them 1."""
    try:
        with commands.make_context("gistsearch", list(arguments)) as context:
            return commands.invoke(context)
    except Exit as over:  # --help and --version end so.
        return over.exit_code


def _show(error: click.ClickException) -> None:
    with suppress(OSError):  # Standard error itself may be full, or closed at its other end.
        error.show()
        if isinstance(error, click.NoSuchOption) and error.ctx and error.ctx.info_name == "search":
            sys.stderr.write("A pattern that begins with '-' goes behind -e.\n")


def _commands(version: str, open_search: OpenSearch, serve: Serve) -> click.Group:
    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(version, "-V", "--version", prog_name="gistsearch")
    def gistsearch() -> None:
        """Search every file of a GitHub user's public gists with a regular expression."""

    @gistsearch.command("search", short_help="Search the gists of users.", epilog=_EXAMPLE)
    @_search_options
    def search_command(**options: Any) -> int:
        """Search the public gists of each USER for PATTERN, a regular expression in RE2's syntax.

        Ends with 0 where something matched, 1 where nothing did, and 2 where an error occurred or something could not
        be searched; what was found is printed all the same.
        """
        return _search(open_search, **options)

    @gistsearch.command("serve", short_help="Serve searches over HTTP.")
    @click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
    @click.option("--port", default=9876, show_default=True, type=click.IntRange(1, 65_535), help="The port.")
    def serve_command(host: str, port: int) -> int:
        """Serve searches over HTTP: POST /api/v1/search. Ends on SIGTERM or Ctrl-C."""
        try:
            serve(host, port)
        except OSError as error:
            raise _Failure(f"can't listen on {host}:{port}: {error.strerror}") from error
        return 0

    return gistsearch


_EXAMPLE = "For example: gistsearch search -i --glob '*.py' 'import requests' octocat"
_CONTEXT = click.IntRange(0, MAX_CONTEXT_LINES)

_OPTIONS: list[Callable[..., Any]] = [
    click.argument("words", nargs=-1, metavar="PATTERN USER..."),
    click.option(
        "-e",
        "--regexp",
        "regexps",
        multiple=True,
        metavar="PATTERN",
        help="The pattern, where it begins with '-'; then all words are users.",
    ),
    click.option("-i", "--ignore-case", is_flag=True, help="Small and capital letters are the same."),
    click.option("-S", "--smart-case", is_flag=True, help="The same, unless the pattern has capital letters."),
    click.option("-w", "--word-regexp", is_flag=True, help="Only whole words."),
    click.option("-F", "--fixed-strings", is_flag=True, help="PATTERN is plain text."),
    click.option("-U", "--multiline", is_flag=True, help="Matches may run across lines."),
    click.option("-A", "--after-context", type=_CONTEXT, metavar="NUM", help="Show NUM lines after each match."),
    click.option("-B", "--before-context", type=_CONTEXT, metavar="NUM", help="Show NUM lines before each match."),
    click.option("-C", "--context", type=_CONTEXT, metavar="NUM", help="Show NUM lines before and after."),
    click.option("-c", "--count", is_flag=True, help="Show the number of matching lines of each file."),
    click.option("-l", "--files-with-matches", is_flag=True, help="Show only the URLs of the gists that match."),
    click.option(
        "-m", "--max-count", type=click.IntRange(1), metavar="NUM", help="Stop a file after NUM matching lines."
    ),
    click.option(
        "-g", "--glob", "globs", multiple=True, metavar="GLOB", help="Only files with such a name; '!GLOB': not these."
    ),
    click.option(
        "-t", "--type", "types", multiple=True, metavar="LANGUAGE", help="Only files of a language, as GitHub names it."
    ),
    click.option("-q", "--quiet", is_flag=True, help="Show nothing, and stop at the first match."),
    click.option("--stats", is_flag=True, help="Show how much was searched."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour matches."),
    click.option("--no-progress", is_flag=True, help="Show no progress on a terminal."),
    click.option(
        "--timeout",
        type=click.FloatRange(0.001, MAX_TIMEOUT_S),
        metavar="SECONDS",
        help="Stop after so long, with what is there.",
    ),
    click.option(
        "--backend", metavar="NAME", help="Where gists come from: github (default), memory (a sample), or another."
    ),
]


def _search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _search(open_search: OpenSearch, *, backend: str | None, timeout: float | None, **options: Any) -> int:
    output = Output(
        colour=options.pop("color"), progress=not options.pop("no_progress"), statistics=options.pop("stats")
    )
    asked = _asked(**options)
    use_case, longest_s = open_search(backend=backend)
    try:
        return search(use_case, asked, timeout or longest_s, output)
    except InvalidPattern as error:
        raise _Failure(f"the pattern can't be used: {error}") from error
    except (TypeError, ValueError) as error:
        raise _Failure(str(error.args[0])) from error


class _Failure(click.ClickException):
    """Indicates that a search can't be done as it was asked for."""

    exit_code = Status.ERROR

    def show(self, file: Any = None) -> None:
        complain(self.message)


def _asked(
    *,
    words: tuple[str, ...],
    regexps: tuple[str, ...],
    context: int | None,
    before_context: int | None,
    after_context: int | None,
    count: bool,
    files_with_matches: bool,
    quiet: bool,
    **same: Any,
) -> Asked:
    named = (*regexps, *words)
    if len(named) < 2:
        raise click.UsageError("give a PATTERN and at least one USER")
    if len(regexps) > 1:
        raise click.UsageError("give -e once: 'this|that' is a pattern, too")
    pattern, *users = named
    _check_lengths([pattern], MAX_PATTERN_LENGTH, "PATTERN")
    _check_lengths(users, MAX_USERNAME_LENGTH, "USER")
    _check_lengths(same["globs"], MAX_FILTER_LENGTH, "--glob")
    _check_lengths(same["types"], MAX_FILTER_LENGTH, "--type")
    shown = Shown.NOTHING if quiet else Shown.COUNTS if count else Shown.URLS if files_with_matches else Shown.LINES
    around = context or 0
    return Asked(
        pattern=pattern,
        users=tuple({user.casefold(): user for user in users}.values()),  # GitHub's names know no case.
        shown=shown,
        before_context=around if before_context is None else before_context,
        after_context=around if after_context is None else after_context,
        **same,
    )


def _check_lengths(texts: Sequence[str], longest: int, name: str) -> None:
    """Say it by the name that it has here; the query would say it by its own."""
    for text in texts:
        if not 1 <= len(text) <= longest:
            raise click.BadParameter(
                f"it has to be 1 to {longest:,} characters long, not {len(text):,}", param_hint=name
            )
