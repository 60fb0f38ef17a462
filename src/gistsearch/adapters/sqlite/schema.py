"""The tables of a store's database, and the settings of a connection to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

VERSION = 2
"""Part of the file's name: a version never opens another one's file."""
PAGE_BYTES = 1 << 14
"""Larger than SQLite's default, because nearly all of the data is in values of a mebibyte."""

_APPLICATION_ID = 0x67697374  # "gist"
_TABLES = """
CREATE TABLE owner (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    used_at REAL NOT NULL
);
CREATE INDEX owner_by_use ON owner (used_at);
CREATE TABLE listing (
    owner TEXT PRIMARY KEY,
    checked_at REAL NOT NULL,
    checksum INTEGER NOT NULL,
    pages_checksum INTEGER NOT NULL,
    pages BLOB NOT NULL
);
CREATE TABLE pack (
    number INTEGER PRIMARY KEY,
    salt INTEGER NOT NULL,
    owner TEXT NOT NULL,
    text_bytes INTEGER NOT NULL,
    files_checksum INTEGER NOT NULL,
    files BLOB NOT NULL,
    text_checksum INTEGER NOT NULL,
    text BLOB NOT NULL
);
CREATE INDEX pack_by_owner ON pack (owner);
"""
TABLES = ("owner", "listing", "pack")


class ForeignFile(Exception):
    """Indicates that a file is a database, but not a store of this version."""


def size_on_disk(row_bytes: int) -> int:
    """Return how much of the file a row takes up: whole pages, and a remainder that shares one with other rows.

    The rule is SQLite's: https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages.
    """
    most, least, per_page = PAGE_BYTES - 35, (PAGE_BYTES - 12) * 32 // 255 - 23, PAGE_BYTES - 4
    if row_bytes <= most:
        return row_bytes
    remainder = least + (row_bytes - least) % per_page
    shared = remainder if remainder <= most else least
    return shared + -(-(row_bytes - shared) // per_page) * PAGE_BYTES


def prepare(connection: sqlite3.Connection) -> None:
    """Set up a connection, and create the tables if the database is new.

    It has a rollback journal, not WAL: before SQLite 3.51.3, a race can corrupt a database in WAL mode that has two
    connections (https://www.sqlite.org/wal.html#walresetbug), and most interpreters are linked with older ones. It has
    no memory map, because truncating a file while it is mapped kills the process.

    Raises:
        ForeignFile: see there.
        sqlite3.Error: as SQLite says.
    """
    connection.text_factory = _decoded
    for setting in (
        "journal_mode = TRUNCATE",
        "synchronous = NORMAL",
        "cell_size_check = ON",
        "trusted_schema = OFF",
        "mmap_size = 0",
    ):
        connection.execute(f"PRAGMA {setting}").fetchall()
    with _transaction(connection, "BEGIN"):  # of one moment, as another process may be creating it
        is_current = _is_current(connection)
    if not is_current:
        _create(connection)


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Generator[None, None, None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")  # What is damaged must not raise here: it is noticed by its checksum.


def _is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the database has our tables; False if it is new."""
    ((application_id,),) = connection.execute("PRAGMA application_id")
    ((version,),) = connection.execute("PRAGMA user_version")
    if (application_id, version) == (_APPLICATION_ID, VERSION):
        return True
    ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_master")
    if (application_id, version, tables) == (0, 0, 0):
        return False
    raise ForeignFile("it is not a store of this version")


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    with _transaction(connection, "BEGIN IMMEDIATE"):
        if _is_current(connection):
            return  # Another process was faster.
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
