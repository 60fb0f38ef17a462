"""`gistsearch store info`: where the store is, how large it is, and what it has of each user."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from gistsearch.adapters.cli.statistics import plural
from gistsearch.adapters.cli.store.setup import StoreSetup
from gistsearch.adapters.cli.terminal import display_width, escape_controls
from gistsearch.ports.store import GistStore, StoreUsage
from gistsearch.wire.encoding import encode, timestamp

_HEADS = ("USER", "GISTS", "FILES", "SIZE", "LISTED", "LAST USED")
_ALIGNMENT = "<>>><<"
"""Of the columns: numbers end at the right."""


@frozen
class _User:
    """What is stored of a user."""

    name: str
    gists: int
    files: int
    """Whose content is stored."""
    size_bytes: int
    listed_at: datetime | None
    """When the listing was last checked; None if none is stored."""
    used_at: datetime


def print_info(setup: StoreSetup) -> int:
    """Print it for people; return the exit status.

    Raises:
        StoreError: the store cannot be used.
    """
    from rich.filesize import decimal

    users = _users(setup.store)
    sys.stdout.write(f"{escape_controls(setup.store.location)}\n")
    size, max_size = decimal(setup.store.size_bytes()), decimal(setup.policy.max_bytes)
    sys.stdout.write(f"{size} of at most {max_size}; {plural(len(users), 'user')}\n")
    if users:
        rows = [
            (
                escape_controls(user.name),
                f"{user.gists:,}",
                f"{user.files:,}",
                decimal(user.size_bytes),
                _time(user.listed_at),
                _time(user.used_at),
            )
            for user in users
        ]
        sys.stdout.write("\n" + "".join(f"{line}\n" for line in _table([_HEADS, *rows])))
    return 0


def print_info_as_json(setup: StoreSetup) -> int:
    """Print it as a JSON object; return the exit status.

    Raises:
        StoreError: the store cannot be used.
    """
    info = {
        "location": setup.store.location,
        "size_bytes": setup.store.size_bytes(),
        "max_bytes": setup.policy.max_bytes,
        "users": [_user_object(user) for user in _users(setup.store)],
    }
    sys.stdout.write(encode(info).decode() + "\n")
    return 0


def _users(store: GistStore) -> Sequence[_User]:
    """Return what is stored of each user, the most recently used one first."""
    return [_user(store, usage) for usage in reversed(store.usage())]


def _user(store: GistStore, usage: StoreUsage) -> _User:
    stored = store.load(usage.owner)
    return _User(
        usage.owner,
        sum(len(page.gists) for page in stored.listing.pages) if stored.listing else 0,
        len({file.blob_id for pack in stored.packs for file in pack.files}),
        usage.size_bytes,
        stored.listing and stored.listing.checked_at,
        usage.used_at,
    )


def _user_object(user: _User) -> dict[str, Any]:
    return {
        "username": user.name,
        "gists": user.gists,
        "files": user.files,
        "size_bytes": user.size_bytes,
        "listed_at": user.listed_at and timestamp(user.listed_at),
        "used_at": timestamp(user.used_at),
    }


def _table(rows: Sequence[tuple[str, ...]]) -> Sequence[str]:
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_aligned, row, widths, _ALIGNMENT)).rstrip() for row in rows]


def _aligned(cell: str, width: int, alignment: str) -> str:
    padding = " " * (width - display_width(cell))
    return cell + padding if alignment == "<" else padding + cell


def _time(moment: datetime | None) -> str:
    """Return a moment in local time."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "never"
