"""Journals in files: what a killed process leaves, and what is refused."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gistsearch.adapters.file_journal import FileJournal
from gistsearch.ports.journal import JournalError, Outcome, RunEnded, UserRecord

SEARCH = {"patterns": ["needle"], "detail": "lines"}
RECORD = UserRecord("octo", Outcome.COMPLETE, datetime(2026, 1, 1, tzinfo=UTC), None, matched=True)


@contextmanager
def opened(path: Path) -> Generator[FileJournal, None, None]:
    journal = FileJournal(path, SEARCH)
    try:
        yield journal
    finally:
        journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal with two users is."""
    path = tmp_path / "journal"
    journal = FileJournal(path, SEARCH)
    journal.write(RECORD)
    journal.write(RECORD)
    journal.close()
    return path


def test_lines_are_json(path: Path) -> None:
    """The first says what is searched for, each of the others who was searched."""
    first, *others = map(json.loads, path.read_text().splitlines())
    assert first == {"journal": 1, "search": SEARCH}
    assert (
        others
        == [
            {
                "username": "octo",
                "outcome": "complete",
                "searched_at": "2026-01-01T00:00:00+00:00",
                "latest_update": None,
                "matched": True,
            }
        ]
        * 2
    )


def test_an_unfinished_line_is_removed(path: Path) -> None:
    """Wherever a process was killed while it wrote, all whole lines count, and the next one begins anew."""
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        journal = FileJournal(path, SEARCH)
        expected = max(0, whole[:length].count(b"\n") - 1)
        assert list(journal.records()) == [RECORD] * expected
        journal.write(RunEnded())
        assert list(journal.records()) == [*[RECORD] * expected, RunEnded()]
        journal.close()


def test_the_journal_of_another_search_is_refused(path: Path) -> None:
    """With what it is about; the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"is the journal of another search: .*needle"):
        FileJournal(path, {**SEARCH, "patterns": ["other"]})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    ["hello\n", "hello", "{}\n", "[1]\n", '{"journal": 1}\n', "\n\n", "\x00\x01", '{"type":"begin"}\n{"type":"end"}\n'],
)
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    """It is not changed, whether or not it ends with a line feed."""
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(JournalError, match="is not a journal"):
        FileJournal(path, SEARCH)
    assert path.read_text() == content


def test_a_journal_of_another_version_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"journal":1', b'"journal":2'))
    with pytest.raises(JournalError, match="another version"):
        FileJournal(path, SEARCH)


@pytest.mark.parametrize(
    "line", ["{}", "null", '"x"', "[", '{"username": "octo", "outcome": "odd"}', '{"ended": false}']
)
def test_a_damaged_line_is_named(path: Path, line: str) -> None:
    """Nobody is left out because of a line that cannot be read."""
    with path.open("a") as file:
        file.write(f"{line}\n")
    with opened(path) as journal, pytest.raises(JournalError, match="line 4 is not a line of a journal"):
        list(journal.records())


def test_a_time_that_cannot_be_is_damage(path: Path) -> None:
    """Nothing can be added to it, or subtracted."""
    for year in ("9999", "0001"):
        path.write_text(path.read_text().replace("2026-01-01", f"{year}-01-01").replace("9999-01-01", f"{year}-01-01"))
        with opened(path) as journal, pytest.raises(JournalError, match="line 2"):
            list(journal.records())


def test_a_time_without_a_zone_is_damage(path: Path) -> None:
    path.write_text(path.read_text().replace("+00:00", ""))
    with opened(path) as journal, pytest.raises(JournalError, match="line 2"):
        list(journal.records())


def test_a_journal_belongs_to_one_process(path: Path) -> None:
    """Two runs would mix up their records."""
    journal = FileJournal(path, SEARCH)
    module = "gistsearch.adapters.file_journal"
    script = f"import sys, pathlib, {module} as module; module.FileJournal(pathlib.Path(sys.argv[1]), {{}})"
    other = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert "is in use by another process" in other.stderr
    journal.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"journal .*: No such file or directory"):
        FileJournal(tmp_path / "nowhere" / "journal", SEARCH)
    with pytest.raises(JournalError, match=r"Is a directory|is not a file"):
        FileJournal(tmp_path, SEARCH)


def test_what_is_no_file_is_refused() -> None:
    """A device may have no end."""
    with pytest.raises(JournalError, match="/dev/zero is not a file"):
        FileJournal(Path("/dev/zero"), SEARCH)


def test_a_full_disk_is_named(path: Path) -> None:
    """A record that was not written is never taken for one that was."""
    journal = FileJournal(path, SEARCH)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, before[1]))
    try:
        with pytest.raises(JournalError, match="no space is left"):
            journal.write(RECORD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        journal.close()
    journal = FileJournal(path, SEARCH)
    assert list(journal.records()) == [RECORD] * 2
    journal.close()


def test_only_the_owner_can_read_it(path: Path) -> None:
    """It says whom somebody searches, and for what."""
    assert path.stat().st_mode & 0o077 == 0
