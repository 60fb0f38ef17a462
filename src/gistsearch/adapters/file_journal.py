"""The journal port: a file of JSON objects, one a line.

The first line is `{"journal": 1, "search": …}`: the version of the format, and what is searched for. Each of the others
is a user, with the members of `UserRecord`, or `{"ended": true}`. Lines are only added. One that a killed process left
unfinished is removed when the file is opened again.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from gistsearch.ports.journal import Journal, JournalError, JournalRecord, Outcome, RunEnded, UserRecord

VERSION = 1


class FileJournal(Journal):
    """A journal in a file. While it is open, no other process can open it."""

    def __init__(self, path: Path, search: Mapping[str, object]) -> None:
        """Open a journal; begin a new one if there is no such file, or an empty one.

        Args:
            path: the file.
            search: what is searched for, as JSON values. The journal of another search cannot be continued.

        Raises:
            JournalError: the file cannot be used, or another process uses it.
        """
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # It says whom somebody searches for what.
        except OSError as error:
            raise self._error(error) from error
        try:
            self._begin({"journal": VERSION, "search": dict(search)})
        except BaseException:
            self.close()
            raise

    def records(self) -> Iterator[JournalRecord]:
        with self._reader() as lines:
            next(lines)
            for number, line in enumerate(lines, 2):
                try:
                    yield _record(json.loads(line))
                except (ValueError, KeyError, TypeError) as error:
                    raise JournalError(f"{self._path}, line {number:,} is not a line of a journal") from error

    def write(self, record: JournalRecord) -> None:
        self._append({"ended": True} if isinstance(record, RunEnded) else _object(record))

    def close(self) -> None:
        """Close the file. Other processes can then open it."""
        os.close(self._descriptor)

    def _begin(self, header: Mapping[str, object]) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise JournalError(f"{self._path} is not a file")
        _lock(self._descriptor, self._path)
        with self._reader() as lines:
            first = next(lines, b"")
            whole_lines = sum(len(line) for line in chain([first], lines) if line.endswith(b"\n"))
        if whole_lines:
            self._check(first, header)
        elif not _line(header).startswith(first):
            raise JournalError(f"{self._path} is not a journal")
        self._truncate(whole_lines)
        if not whole_lines:
            self._append(header)

    @contextmanager
    def _reader(self) -> Generator[Iterator[bytes], None, None]:
        """Yield an iterator over the lines."""
        try:
            with open(self._descriptor, "rb", closefd=False) as file:
                file.seek(0)
                yield file
        except OSError as error:
            raise self._error(error) from error

    def _check(self, first: bytes, header: Mapping[str, object]) -> None:
        try:
            found = json.loads(first)
            version, search = found["journal"], found["search"]
        except (ValueError, KeyError, TypeError):
            raise JournalError(f"{self._path} is not a journal") from None
        if version != VERSION:
            raise JournalError(f"{self._path} is a journal of another version of gistsearch; begin a new one")
        if search != header["search"]:
            raise JournalError(f"{self._path} is the journal of another search: {json.dumps(search)}")

    def _append(self, value: Mapping[str, object]) -> None:
        line = _line(value)
        try:
            end = os.lseek(self._descriptor, 0, os.SEEK_END)
            if os.write(self._descriptor, line) < len(line):
                self._truncate(end)
                raise JournalError(f"journal {self._path}: no space is left")
        except OSError as error:
            raise self._error(error) from error

    def _truncate(self, size: int) -> None:
        try:
            os.ftruncate(self._descriptor, size)
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> JournalError:
        return JournalError(f"journal {self._path}: {error.strerror or error}")


def _lock(descriptor: int, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # on Windows
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalError(f"{path} is in use by another process") from None


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _object(record: UserRecord) -> dict[str, object]:
    return {
        "username": record.username,
        "outcome": record.outcome.value,
        "searched_at": record.searched_at.isoformat(),
        "latest_update": record.latest_update and record.latest_update.isoformat(),
        "matched": record.matched,
    }


def _record(value: Any) -> JournalRecord:
    """Return the record that a line contains.

    Raises:
        KeyError, TypeError, ValueError: it contains none.
    """
    if value == {"ended": True}:
        return RunEnded()
    latest_update = value["latest_update"]
    return UserRecord(
        value["username"],
        Outcome(value["outcome"]),
        _time(value["searched_at"]),
        None if latest_update is None else _time(latest_update),
        value["matched"] is True,
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None or not 1970 <= time.year < 9000:
        raise ValueError("a time without a zone, or one that cannot be")
    return time
