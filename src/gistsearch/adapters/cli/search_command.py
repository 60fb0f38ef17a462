"""`gistsearch search`: its flags as arguments, and its errors in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from attrs import fields

from gistsearch.adapters.cli.arguments import OutputOptions, RunOptions, SearchArguments
from gistsearch.adapters.cli.display import Status
from gistsearch.adapters.cli.option_types import read_username
from gistsearch.adapters.cli.pattern_errors import explain_pattern
from gistsearch.adapters.cli.patterns import split_words
from gistsearch.adapters.cli.searching import OpenSearch, search
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.adapters.cli.usernames import each_once
from gistsearch.domain.query import MAX_FILTERS
from gistsearch.ports.engine import EngineFailed
from gistsearch.ports.journal import JournalError
from gistsearch.ports.matching import InvalidPattern

USER_TIMEOUT_S = 3_600.0
"""How long the search of each user may take in a run over many, if the command line does not say."""


def search_command(open_search: OpenSearch, backend: str | None, store: str | None, flags: dict[str, Any]) -> int:
    """Search, and return the exit status.

    Args:
        open_search: makes the use case.
        backend, store: see `OpenSearch`; None: as the settings say.
        flags: the other values that click has read, by the names in `options`.
    """
    arguments = read_arguments(flags)
    if store == "offline" and arguments.run.organizations:
        raise click.UsageError("the store does not know the members of organizations: --org cannot be used --offline")
    if arguments.run.engine is not None and (backend or store):
        raise click.UsageError(
            "workers have their own settings: --backend, --offline and --no-store cannot be used with --engine"
        )
    setup = open_search(backend=backend, store=store)
    try:
        query = arguments.query(USER_TIMEOUT_S if arguments.run.are_given else setup.timeout_s)
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error.args[0])) from error
    try:
        if not arguments.run.are_given:
            return search(setup, arguments, query)
        from gistsearch.adapters.cli.searching_users import search_many

        return search_many(setup, arguments, query)
    except InvalidPattern as error:
        print_error(*explain_pattern(error, arguments.patterns))
    except (JournalError, EngineFailed) as error:
        print_error(str(error))
    return Status.ERROR


def read_arguments(flags: dict[str, Any]) -> SearchArguments:
    """Return the arguments for the flags that click has read.

    Raises:
        UsageError: they cannot be used together, or a word cannot be used.
    """
    if flags["invert_match"] and flags["multiline"]:
        raise click.UsageError("-v works line by line, so that it cannot be combined with -U")
    for name, values in (("-g/--glob", flags["globs"]), ("-t/--type", flags["types"])):
        if len(values) > MAX_FILTERS:
            raise click.UsageError(f"{name}: {len(values)} are too many: at most {MAX_FILTERS}")
    run = _run_options(flags)
    needs_user = not (run.user_files or run.organizations)
    patterns, names = split_words(flags["words"], flags["regexps"], flags["pattern_files"], needs_user=needs_user)
    output = {name: flags[name] for name in _names(OutputOptions) & flags.keys()}
    search = {name: flags[name] for name in _names(SearchArguments) & flags.keys()}
    return SearchArguments(patterns=patterns, users=_users(names), output=OutputOptions(**output), run=run, **search)


def _run_options(flags: dict[str, Any]) -> RunOptions:
    run = RunOptions(**{name: flags[name] for name in _names(RunOptions) & flags.keys()})
    if run.only_new and run.journal is None:
        raise click.UsageError("--new needs the journal of an earlier run: give --journal FILE, too")
    if flags["since"] and run.journal is not None:
        raise click.UsageError(
            "--since and --journal cannot be combined, as users would count as searched whose older gists were not;"
            " --new reports what was updated since the journal's last search"
        )
    if [*run.user_files, *flags["pattern_files"]].count("-") > 1:
        raise click.UsageError("standard input ('-') can be read only once")
    return run


def _names(kind: type[OutputOptions | SearchArguments | RunOptions]) -> set[str]:
    return {attribute.name for attribute in fields(kind)}


def _users(words: Sequence[str]) -> tuple[str, ...]:
    """Return the names of users, each once."""
    return each_once(map(_user, words))


def _user(word: str) -> str:
    try:
        return read_username(word)
    except ValueError as error:
        raise click.UsageError(f"'{word}' {error}") from None
