"""Connections to a store's database: opened on demand, shared by threads, never across a fork."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from gistsearch.adapters.sqlite.schema import VERSION, ForeignFile, prepare
from gistsearch.ports.store import StoreDamaged, StoreUnavailable

KEPT_IDLE = 4
"""Connections that are kept open when nobody uses them."""
QUEUE_S = 60.0
"""How long a thread waits for those of this process that write before it."""

_Name = tuple[int, int]
"""Version and generation, by which files are ordered."""
_NAME = re.compile(r"v([0-9]{1,9})-([0-9]{1,9})\.db(-journal)?")
_UNAVAILABLE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_AUTH,
}
"""Results of SQLite that say something about the place or the moment. Any other one means that the file is damaged, as
our statements are right."""


@frozen(eq=False)
class _Connection:
    sqlite: sqlite3.Connection
    generation: int
    file_id: tuple[int, int]
    """Device and inode of the file."""


class Connections:
    """The connections of one process to a database in a directory.

    A database that turns out to be damaged is set aside by beginning a file with another name, the next generation. The
    damaged one keeps its name, as other processes may still use it: two files that have the same name, one after the
    other, also share the name of their journal, and one process could roll the old journal back into the new file.
    """

    def __init__(self, directory: Path, busy_timeout_s: float) -> None:
        """
        Args:
            directory: made on first use, if it does not exist.
            busy_timeout_s: how long to wait for the locks of other processes.
        """
        self._directory = directory
        self._busy_timeout_s = busy_timeout_s
        self._writer = threading.Lock()  # held by the thread that writes
        self._lock = threading.Lock()  # guards everything below
        self._idle: list[_Connection] = []
        self._pid = os.getpid()
        self._generation = 0  # the lowest one that may be used

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """Lend a connection; what it reads within the `with` block is of one moment.

        Raises:
            StoreUnavailable, StoreDamaged: see there.
        """
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """Lend a connection that no other process can write beside; its changes take effect after the `with` block.

        Raises:
            StoreUnavailable, StoreDamaged: see there. Nothing has changed.
        """
        # SQLite lets waiting writers look now and then, so that one of many threads may never find it unlocked. They
        # queue up here instead. After a fork, nobody may hold this lock: then SQLite's own decides.
        is_next = self._writer.acquire(timeout=QUEUE_S)
        try:
            with self._transaction("BEGIN IMMEDIATE") as connection:
                yield connection
        finally:
            if is_next:
                self._writer.release()

    def files(self) -> list[Path]:
        """Return all files of the store, those of earlier generations and versions included."""
        return [path for path, _ in self._named()]

    def delete_set_aside(self) -> None:
        """Delete the files of earlier generations and versions."""
        self._delete_before((VERSION, self._current_generation()))

    def _named(self) -> list[tuple[Path, _Name]]:
        """Return all files of the store and what their names say."""
        try:
            found = [(path, _NAME.fullmatch(path.name)) for path in self._directory.iterdir()]
        except OSError:
            return []
        named = [(path, (int(match[1]), int(match[2]))) for path, match in found if match]
        return [(path, name) for path, name in named if name[0] <= VERSION]

    def _current_generation(self) -> int:
        """Return the generation that is in use, or would be."""
        return max(
            [self._generation, *(generation for _, (version, generation) in self._named() if version == VERSION)]
        )

    def _delete_before(self, name: _Name) -> None:
        for path, other in self._named():
            if other < name:
                with suppress(OSError):
                    path.unlink()

    @contextmanager
    def _transaction(self, begin: str) -> Generator[sqlite3.Connection, None, None]:
        connection = self._borrow()
        try:
            connection.sqlite.execute(begin)
            yield connection.sqlite
            connection.sqlite.execute("COMMIT")
        except sqlite3.Error as error:
            self._discard(connection)
            raise self._explained(error, connection.generation) from error
        except BaseException:
            self._discard(connection)
            raise
        self._give_back(connection)

    def _borrow(self) -> _Connection:
        with self._lock:
            if self._pid != os.getpid():  # The parent process goes on using these; closing them would disturb it.
                _abandoned.extend(self._idle)
                self._idle, self._pid = [], os.getpid()
            while self._idle:
                connection = self._idle.pop()
                if connection.generation >= self._generation and connection.file_id == self._file_id(connection):
                    return connection
                _close(connection)
        return self._open()

    def _open(self) -> _Connection:
        generation = self._current_generation()
        path = self._path(generation)
        try:
            self._directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory.mkdir(mode=0o700, exist_ok=True)
            sqlite = sqlite3.connect(path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error
        try:
            prepare(sqlite)
            status = path.stat()
            return _Connection(sqlite, generation, (status.st_dev, status.st_ino))
        except (OSError, sqlite3.Error, ForeignFile) as error:
            with suppress(sqlite3.Error):
                sqlite.close()
            raise self._explained(error, generation) from error

    def _give_back(self, connection: _Connection) -> None:
        with self._lock:
            if len(self._idle) < KEPT_IDLE:
                self._idle.append(connection)
                return
        _close(connection)

    def _discard(self, connection: _Connection) -> None:
        with suppress(sqlite3.Error):
            if connection.sqlite.in_transaction:
                connection.sqlite.execute("ROLLBACK")
        _close(connection)

    def _file_id(self, connection: _Connection) -> tuple[int, int] | None:
        try:
            status = self._path(connection.generation).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _path(self, generation: int) -> Path:
        return self._directory / f"v{VERSION}-{generation}.db"

    def _explained(self, error: Exception, generation: int) -> StoreUnavailable | StoreDamaged:
        code: int | None = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, OSError) or (code is not None and code & 0xFF in _UNAVAILABLE):
            return self._unavailable(error)
        self._set_aside(generation)
        return StoreDamaged(
            f"the store's file {self._path(generation)} cannot be used ({error}), so a new one was begun;"
            " `gistsearch store prune` deletes the old one"
        )

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(
            f"the store in {self._directory} cannot be used: {error} (GISTSEARCH_STORE sets another place, or `off`)"
        )

    def _set_aside(self, generation: int) -> None:
        """Begin the next generation, and delete those that were set aside before: one is enough to look at."""
        with self._lock:
            self._generation = max(self._generation, generation + 1)
            for connection in self._idle:
                _close(connection)
            self._idle.clear()
        self._delete_before((VERSION, generation))


_abandoned: list[_Connection] = []


def _close(connection: _Connection) -> None:
    with suppress(sqlite3.Error):
        connection.sqlite.close()
