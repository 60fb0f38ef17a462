"""Searches many users in a run, and prints it."""

from __future__ import annotations

from contextlib import closing

from attrs import asdict, evolve

from gistsearch.adapters.cli.arguments import SearchArguments
from gistsearch.adapters.cli.display import Display, Status
from gistsearch.adapters.cli.searching import SearchSetup, search_context
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.adapters.cli.user_lists import UserLists
from gistsearch.domain.query import Order, SearchQuery


def search_many(setup: SearchSetup, arguments: SearchArguments, sample: SearchQuery) -> Status:
    """Search each user by a search of its own, and print as `search` does.

    Args:
        setup: what it runs on.
        arguments: whom to search, and how to print.
        sample: the query for one of the users; the others differ in the name.

    Raises:
        InvalidPattern, KeyboardInterrupt: see `search`.
        UsageError: a list cannot be read.
        JournalError, EngineFailed: see `OpenRun`.
    """
    options = arguments.run
    lists = UserLists(options, setup.list_members)
    usernames = lists.read(arguments.users)
    if not usernames:
        print_error("the lists name no user")
        return Status.ERROR
    in_order = sample.order is Order.LISTING
    display = Display(arguments, sample, search_context(setup, arguments, sample.timeout_s))
    with (
        setup.open_run(
            engine=options.engine, journal=options.journal, search=_searched(sample), in_order=in_order
        ) as users,
        closing(
            users.run(
                lambda username: evolve(sample, usernames=username),
                usernames,
                only_new=options.only_new,
                waits=options.waits,
            )
        ) as events,
    ):
        status = display.show(events)
    return status if lists.are_complete else Status.ERROR


def _searched(query: SearchQuery) -> dict[str, object]:
    """Return what is searched for, whoever's gists it is, as a journal says it."""
    return {
        "patterns": list(query.patterns),
        "options": [name for name, value in asdict(query.options).items() if value],
        "files": list(query.files),
        "languages": list(query.languages),
        "detail": query.detail.value,
        "max_lines": query.max_lines,
        "invert": query.invert,
        "text": query.text,
    }
