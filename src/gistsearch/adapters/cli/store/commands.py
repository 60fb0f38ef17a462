"""`gistsearch store`: the commands that look after what is kept between searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gistsearch.adapters.cli.help_format import DocumentedCommand, DocumentedGroup
from gistsearch.adapters.cli.option_types import USER

if TYPE_CHECKING:
    from gistsearch.adapters.cli.store.setup import OpenStore

_HELP = """What a search downloads is kept in the user's cache directory, so that the next one asks GitHub only what has
changed. 'gistsearch search --offline' needs no network at all.

GISTSEARCH_STORE sets another place, or 'off'. Beyond GISTSEARCH_STORE_MAX_BYTES, what was used least recently goes."""


def store_group(open_store: OpenStore) -> click.Group:
    """Return the group."""
    return DocumentedGroup(
        "store",
        commands=[_info(open_store), _sync(open_store), _verify(open_store), _prune(open_store), _clear(open_store)],
        short_help="Look after what is kept between searches.",
        help=_HELP,
        epilog="'gistsearch help store COMMAND' explains a command.",
    )


def _info(open_store: OpenStore) -> click.Command:
    def info(*, as_json: bool) -> int:
        from gistsearch.adapters.cli.store.info import print_info, print_info_as_json

        return (print_info_as_json if as_json else print_info)(open_store())

    return DocumentedCommand(
        "info",
        usage=["[--json]"],
        params=[click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object.")],
        callback=info,
        short_help="Print where the store is, how large it is, and what it has.",
        help="Print where the store is, how much space it takes up, and what it has of each user.",
    )


def _sync(open_store: OpenStore) -> click.Command:
    def sync(users: Sequence[str], *, progress: bool, verbose: bool) -> int:
        from gistsearch.adapters.cli.store.syncing import sync

        return sync(open_store(), users, progress=progress, verbose=verbose)

    return DocumentedCommand(
        "sync",
        usage=["[FLAGS] USER..."],
        params=[
            click.Argument(["users"], nargs=-1, required=True, type=USER, metavar="USER..."),
            click.Option(
                ["--progress/--no-progress"], default=True, help="Show progress on a terminal (default), or don't."
            ),
            click.Option(["--verbose"], is_flag=True, help="List each file that could not be downloaded."),
        ],
        callback=sync,
        short_help="Download what is new of users' gists.",
        help="Download every file of the public gists of each USER that the store does not have, except for those"
        " larger than GISTSEARCH_STORE_MAX_FILE_BYTES, which it names. It may be interrupted: what was downloaded"
        " stays, and the same command goes on from there.",
        epilog="Exit status: 0 everything is stored, 2 something is missing.",
        examples=(
            ("gistsearch store sync octocat", "Before the train leaves."),
            ("gistsearch search --offline 'import requests' octocat", "On the train."),
        ),
    )


def _verify(open_store: OpenStore) -> click.Command:
    def verify() -> int:
        from gistsearch.adapters.cli.store.upkeep import verify

        return verify(open_store())

    return DocumentedCommand(
        "verify",
        usage=[""],
        callback=verify,
        short_help="Read everything, and drop what is damaged.",
        help="Read everything that is stored, and drop what is not what was saved; the next search downloads it again."
        " (Each search checks what it reads, so that this is never needed for a right answer.)",
        epilog="Exit status: 0 everything is whole, 1 something was damaged and has been dropped, 2 an error.",
    )


def _prune(open_store: OpenStore) -> click.Command:
    def prune() -> int:
        from gistsearch.adapters.cli.store.upkeep import prune

        return prune(open_store())

    return DocumentedCommand(
        "prune",
        usage=[""],
        callback=prune,
        short_help="Give back space that is not needed.",
        help="Drop content that no listing names any more, files that were set aside as damaged, and beyond"
        " GISTSEARCH_STORE_MAX_BYTES what was used least recently.",
    )


def _clear(open_store: OpenStore) -> click.Command:
    def clear() -> int:
        from gistsearch.adapters.cli.store.upkeep import clear

        return clear(open_store())

    return DocumentedCommand(
        "clear",
        usage=[""],
        callback=clear,
        short_help="Forget everything.",
        help="Forget everything that is stored of the gists of this source. Searches then download it again.",
    )
