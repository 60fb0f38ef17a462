"""The conformance suite for the journal port: subclass `JournalSuite` and override the fixture `open_journal`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gistsearch.ports.journal import Journal, JournalRecord, Outcome, RunEnded, UserRecord

OpenJournal = Callable[[], Journal]
"""Opens the journal under test, as another process would after the one before was killed. Each test begins with an
empty one."""

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ODD_TIME = datetime(2011, 11, 11, 11, 11, 11, 111111, timezone(timedelta(hours=-9, minutes=-30)))
RECORDS: tuple[JournalRecord, ...] = (
    UserRecord("octo", Outcome.COMPLETE, _NOON, _ODD_TIME, matched=True),
    UserRecord("Octo-2_x[bot]", Outcome.PARTIAL, _ODD_TIME, None, matched=False),
    RunEnded(),
    UserRecord('"\\\n é 😀', Outcome.FAILED, _NOON, None, matched=False),
    UserRecord("octo", Outcome.UNKNOWN_USER, _NOON, _NOON, matched=False),
    RunEnded(),
)


class JournalSuite:
    """The whole contract of `Journal`."""

    @pytest.fixture
    def open_journal(self) -> OpenJournal:
        """Return a function that opens the journal under test."""
        raise NotImplementedError("override the fixture `open_journal`: it returns a function that opens the journal")

    def test_a_new_journal_is_empty(self, open_journal: OpenJournal) -> None:
        """Also if it was opened before."""
        assert list(open_journal().records()) == []
        assert list(open_journal().records()) == []

    def test_records_come_back_in_order(self, open_journal: OpenJournal) -> None:
        """In the same process and in the next one."""
        journal = open_journal()
        for record in RECORDS:
            journal.write(record)
        assert list(journal.records()) == list(RECORDS)
        assert list(open_journal().records()) == list(RECORDS)

    def test_a_journal_is_continued(self, open_journal: OpenJournal) -> None:
        """Each process adds to what those before it have written."""
        for record in RECORDS:
            open_journal().write(record)
        assert list(open_journal().records()) == list(RECORDS)

    def test_a_journal_can_be_read_between_writes(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        for count, record in enumerate(RECORDS):
            assert list(journal.records()) == list(RECORDS[:count])
            journal.write(record)

    def test_times_have_a_zone(self, open_journal: OpenJournal) -> None:
        journal = open_journal()
        journal.write(RECORDS[0])
        (record,) = journal.records()
        assert isinstance(record, UserRecord)
        assert record.searched_at.utcoffset() is not None
        assert record.latest_update is not None
        assert record.latest_update.utcoffset() is not None
