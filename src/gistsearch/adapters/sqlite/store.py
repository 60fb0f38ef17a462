"""The store port, implemented by SQLite: one file that any number of processes may use at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from gistsearch.adapters.sqlite import rows
from gistsearch.adapters.sqlite.connections import Connections
from gistsearch.adapters.sqlite.schema import PAGE_BYTES
from gistsearch.ports.gists import user_key
from gistsearch.ports.store import (
    GistStore,
    Pack,
    PackedFile,
    StoreDamaged,
    StoredListing,
    StoredUser,
    StoreError,
    StoreUsage,
)

BUSY_TIMEOUT_S = 5.0
"""How long to wait for other processes. Transactions take milliseconds, so only one that was stopped takes longer."""
PACKS_PER_DROP = 8
"""Packs that one transaction drops, so that nobody waits long for it."""
FREE_PAGES = (1 << 20) // PAGE_BYTES
"""Pages of the file that may stay free, for what is saved next."""
PAGES_PER_STEP = (16 << 20) // PAGE_BYTES
"""Free pages that one transaction gives back."""


class SqliteStore(GistStore):
    """Keeps listings and content of one source in a directory of its own.

    Every value has a checksum, which is verified whenever it is read. What is damaged is dropped by itself; if SQLite
    finds the file damaged, a new one is begun.
    """

    def __init__(
        self,
        directory: Path,
        origin: str,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            directory: for the stores of all sources. It is made on first use, for this user alone (mode 0700).
            origin: names the source, such as the address of its API.
            busy_timeout_s: how long to wait for another process.
            clock: returns seconds since the epoch.
        """
        self._directory = directory / quote(origin, safe="")
        self._connections = Connections(self._directory, busy_timeout_s)
        self._clock = clock

    @property
    def location(self) -> str:
        return str(self._directory)

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        try:
            with self._connections.reading() as connection:
                return _load(connection, username, known)
        except rows.DamagedRows as error:
            raise self._dropped(error.damaged) from error

    def read_pack(self, pack: Pack) -> bytes | None:
        try:
            with self._connections.reading() as connection:
                return rows.read_text(connection, pack)
        except rows.DamagedRows as error:
            raise self._dropped(error.damaged) from error

    def save_listing(self, username: str, listing: StoredListing) -> None:
        owner = user_key(username)
        with self._connections.writing() as connection:
            rows.write_listing(connection, owner, listing)
            rows.write_owner(connection, owner, self._clock())

    def drop_listing(self, username: str) -> None:
        owner = user_key(username)
        with self._connections.writing() as connection:
            if connection.execute("DELETE FROM listing WHERE owner = ?", (owner,)).rowcount:
                rows.revise_owner(connection, owner)

    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        owner = user_key(username)
        with self._connections.writing() as connection:
            pack = rows.write_pack(connection, owner, files, text)
            rows.write_owner(connection, owner, self._clock())
            for old in replaced:
                rows.drop_pack(connection, old.id)
            _give_space_back(connection, FREE_PAGES)
        return pack

    def drop_packs(self, pack_ids: Sequence[str]) -> None:
        for first in range(0, len(pack_ids), PACKS_PER_DROP):
            with self._connections.writing() as connection:
                for pack_id in pack_ids[first : first + PACKS_PER_DROP]:
                    rows.drop_pack(connection, pack_id)
                _give_space_back(connection, FREE_PAGES)

    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        owner = user_key(username)
        with self._connections.writing() as connection:
            connection.execute("UPDATE owner SET used_at = ? WHERE name = ?", (self._clock(), owner))
            if checked_at is not None:
                rows.confirm_listing(connection, owner, checked_at)

    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        with self._connections.reading() as connection:
            owners: list[rows.Row] = connection.execute(
                "SELECT name, used_at FROM owner ORDER BY used_at LIMIT ?", (-1 if limit is None else limit,)
            ).fetchall()
            return [rows.read_usage(connection, name, used_at) for name, used_at in owners]

    def size_bytes(self) -> int:
        total = 0
        for path in self._connections.files():
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def drop_owner(self, owner: str) -> None:
        owner = user_key(owner)
        with self._connections.reading() as connection:
            packs = rows.read_usage(connection, owner, 0.0).packs
        self.drop_packs(packs)  # in small steps
        with self._connections.writing() as connection:
            for table in ("pack", "listing"):
                connection.execute(f"DELETE FROM {table} WHERE owner = ?", (owner,))  # noqa: S608  # our own names
            connection.execute("DELETE FROM owner WHERE name = ?", (owner,))
            _give_space_back(connection, FREE_PAGES)

    def tidy(self) -> None:
        with self._connections.writing() as connection:
            for table in ("pack", "listing"):  # A file that was damaged may contain some.
                connection.execute(f"DELETE FROM {table} WHERE owner NOT IN (SELECT name FROM owner)")  # noqa: S608  # ours
        free_pages = PAGES_PER_STEP
        while free_pages >= PAGES_PER_STEP:
            with self._connections.writing() as connection:
                free_pages = _give_space_back(connection, 0)
        self._connections.delete_set_aside()

    def clear(self) -> None:
        with suppress(StoreDamaged):  # Then a new file was begun, and `tidy` deletes the old one.
            for user in self.usage():
                self.drop_owner(user.owner)
        self.tidy()

    def _dropped(self, damaged: Sequence[rows.DamagedRow]) -> StoreDamaged:
        """Drop damaged rows, and return the error to raise."""
        with suppress(StoreError), self._connections.writing() as connection:
            for row in damaged:
                rows.drop_damaged(connection, row)
        return StoreDamaged(f"something in the store in {self._directory} was damaged, and has been dropped")


def _load(connection: sqlite3.Connection, username: str, known: StoredUser | None) -> StoredUser:
    """Load what `GistStore.load` returns.

    Raises:
        DamagedRows: see there.
    """
    owner = user_key(username)
    row: rows.Row | None = connection.execute("SELECT revision, used_at FROM owner WHERE name = ?", (owner,)).fetchone()
    if row is None:
        return StoredUser(None, (), None, "")
    revision, damaged = str(row[0]), list[rows.DamagedRow]()
    if known is not None and known.revision != revision:
        known = None
    listing = rows.read_listing(connection, owner, known and known.listing, damaged)
    packs = known.packs if known else rows.read_packs(connection, owner, damaged)
    if damaged:
        raise rows.DamagedRows(damaged)
    return StoredUser(listing, packs, rows.time_of(row[1]), revision)


def _give_space_back(connection: sqlite3.Connection, kept_pages: int) -> int:
    """Shorten the file by free pages, except for some; return how many there were to give back."""
    ((free_pages,),) = connection.execute("PRAGMA freelist_count")
    surplus = free_pages - kept_pages
    for _ in range(min(surplus, PAGES_PER_STEP)):
        connection.execute("PRAGMA incremental_vacuum(1)")  # Of a larger number, `execute` does only the first page.
    return surplus
