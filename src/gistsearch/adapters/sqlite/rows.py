"""Rows of the database: written with checksums, and checked when they are read."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, frozen

from gistsearch.adapters.sqlite.encoding import checksum, decode_files, decode_pages, encode_files, encode_pages
from gistsearch.adapters.sqlite.schema import size_on_disk
from gistsearch.ports.store import Pack, PackedFile, StoredListing, StoreUsage

Row = tuple[Any, ...]
"""What a damaged database returns may have any type."""


@frozen
class DamagedRow:
    """A row that is not what was written."""

    table: str
    rowid: int


class DamagedRows(Exception):
    """Indicates that rows are not what was written."""

    def __init__(self, damaged: Sequence[DamagedRow]) -> None:
        super().__init__(damaged)
        self.damaged = damaged


def write_owner(connection: sqlite3.Connection, owner: str, used_at_s: float) -> None:
    """Note that an owner's data changes and is used; the owner may be new."""
    connection.execute(
        "INSERT INTO owner (name, revision, used_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, used_at = excluded.used_at",
        (owner, secrets.randbits(62), used_at_s),
    )


def revise_owner(connection: sqlite3.Connection, owner: str) -> None:
    """Note that an owner's data changes."""
    connection.execute("UPDATE owner SET revision = ? WHERE name = ?", (secrets.randbits(62), owner))


def write_listing(connection: sqlite3.Connection, owner: str, listing: StoredListing) -> None:
    """Write a listing in place of the one before."""
    pages, checked_at_s = encode_pages(listing.pages), listing.checked_at.timestamp()
    pages_checksum = checksum(pages, owner)
    row = (owner, checked_at_s, checksum(None, checked_at_s, pages_checksum), pages_checksum, pages)
    connection.execute(
        "INSERT OR REPLACE INTO listing (owner, checked_at, checksum, pages_checksum, pages) VALUES (?, ?, ?, ?, ?)",
        row,
    )


def confirm_listing(connection: sqlite3.Connection, owner: str, checked_at: datetime) -> None:
    """Set the time of a listing forward."""
    row: Row | None = connection.execute(
        "SELECT checked_at, checksum, pages_checksum FROM listing WHERE owner = ?", (owner,)
    ).fetchone()
    checked_at_s = checked_at.timestamp()
    if row is not None and checksum(None, row[0], row[2]) == row[1] and row[0] < checked_at_s:
        connection.execute(
            "UPDATE listing SET checked_at = ?, checksum = ? WHERE owner = ?",
            (checked_at_s, checksum(None, checked_at_s, row[2]), owner),
        )


def read_listing(
    connection: sqlite3.Connection, owner: str, known: StoredListing | None, damaged: list[DamagedRow]
) -> StoredListing | None:
    """Read a user's listing.

    Args:
        connection: to the database.
        owner: whose.
        known: the listing, if only its time may have changed.
        damaged: where to add what is damaged.
    """
    columns = "rowid, checked_at, checksum, pages_checksum" + (", NULL" if known else ", pages")
    row: Row | None = connection.execute(
        f"SELECT {columns} FROM listing WHERE owner = ?",  # noqa: S608  # our own names
        (owner,),
    ).fetchone()
    if row is None:
        return None
    rowid, checked_at_s, row_checksum, pages_checksum, pages = row
    is_whole = checksum(None, checked_at_s, pages_checksum) == row_checksum
    if not is_whole or not (known or checksum(pages, owner) == pages_checksum):
        damaged.append(DamagedRow("listing", rowid))
        return None
    checked_at = time_of(checked_at_s)
    return evolve(known, checked_at=checked_at) if known else StoredListing(decode_pages(pages), checked_at)


def write_pack(connection: sqlite3.Connection, owner: str, files: Sequence[PackedFile], text: bytes) -> Pack:
    """Write a pack."""
    table, salt, text_bytes = encode_files(files), secrets.randbits(62), len(text)
    row = (salt, owner, text_bytes, checksum(table, salt, owner, text_bytes), table, checksum(text, salt), text)
    number = connection.execute(
        "INSERT INTO pack (salt, owner, text_bytes, files_checksum, files, text_checksum, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    ).lastrowid
    return Pack(f"{number}-{salt}", tuple(files), text_bytes)


def read_packs(connection: sqlite3.Connection, owner: str, damaged: list[DamagedRow]) -> tuple[Pack, ...]:
    """Read what an owner's packs contain, without their texts.

    Args:
        connection: to the database.
        owner: whose.
        damaged: where to add what is damaged.
    """
    rows: list[Row] = connection.execute(
        "SELECT number, salt, text_bytes, files_checksum, files FROM pack WHERE owner = ? ORDER BY number", (owner,)
    ).fetchall()
    packs: list[Pack] = []
    for number, salt, text_bytes, files_checksum, table in rows:
        if checksum(table, salt, owner, text_bytes) == files_checksum:
            packs.append(Pack(f"{number}-{salt}", decode_files(table), text_bytes))
        else:
            damaged.append(DamagedRow("pack", number))
    return tuple(packs)


def read_text(connection: sqlite3.Connection, pack: Pack) -> bytes | None:
    """Read the text of a pack; None if there is no such pack.

    Raises:
        DamagedRows: see there.
    """
    number, salt = _key(pack.id)
    row: Row | None = connection.execute(
        "SELECT text, text_checksum FROM pack WHERE number = ? AND salt = ?", (number, salt)
    ).fetchone()
    if row is None:
        return None
    text, text_checksum = row
    if checksum(text, salt) != text_checksum or len(text) != pack.text_bytes:
        raise DamagedRows([DamagedRow("pack", number)])
    return text


def drop_pack(connection: sqlite3.Connection, pack_id: str) -> None:
    """Delete a pack, if it is still there."""
    key = _key(pack_id)
    row: Row | None = connection.execute("SELECT owner FROM pack WHERE number = ? AND salt = ?", key).fetchone()
    if row is not None:
        connection.execute("DELETE FROM pack WHERE number = ? AND salt = ?", key)
        revise_owner(connection, row[0])


def drop_damaged(connection: sqlite3.Connection, damage: DamagedRow) -> None:
    """Delete a damaged row."""
    row: Row | None = connection.execute(
        f"SELECT owner FROM {damage.table} WHERE rowid = ?",  # noqa: S608  # our own names
        (damage.rowid,),
    ).fetchone()
    connection.execute(f"DELETE FROM {damage.table} WHERE rowid = ?", (damage.rowid,))  # noqa: S608  # as above
    if row is not None:
        revise_owner(connection, row[0])


def read_usage(connection: sqlite3.Connection, owner: str, used_at_s: Any) -> StoreUsage:
    """Read what an owner takes up."""
    packs: list[Row] = connection.execute(
        "SELECT number, CAST(salt AS INTEGER) FROM pack WHERE owner = ? ORDER BY number", (owner,)
    ).fetchall()
    lengths: list[Row] = connection.execute(
        "SELECT length(text) + length(files) FROM pack WHERE owner = :owner"
        " UNION ALL SELECT length(pages) FROM listing WHERE owner = :owner",
        {"owner": owner},
    ).fetchall()
    return StoreUsage(
        owner,
        sum(size_on_disk(length or 0) for (length,) in lengths),
        tuple(f"{number}-{salt}" for number, salt in packs),
        time_of(used_at_s),
    )


def time_of(seconds: Any) -> datetime:
    """Return a time that was stored as seconds since the epoch."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):  # Times of use have no checksum.
        return datetime.fromtimestamp(0, UTC)


def _key(pack_id: str) -> tuple[int, int]:
    number, _, salt = pack_id.partition("-")
    return int(number), int(salt)
