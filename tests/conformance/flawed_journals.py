"""Journals with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from gistsearch.adapters.memory_journal import InMemoryJournal
from gistsearch.ports.journal import JournalRecord, RunEnded, UserRecord
from gistsearch.testing import JournalSuite, OpenJournal


class Flawless(InMemoryJournal):
    """A journal in memory. A flawed one changes what it writes or reads."""


class BeginsWithARecord(Flawless):
    def records(self) -> Iterator[JournalRecord]:
        yield RunEnded()
        yield from super().records()


class KeepsOneRecordForEachUser(Flawless):
    def records(self) -> Iterator[JournalRecord]:
        yield from {record.username: record for record in super().records() if isinstance(record, UserRecord)}.values()


class HoldsTheLastRecord(Flawless):
    def records(self) -> Iterator[JournalRecord]:
        yield from list(super().records())[:-1]


class ForgetsZones(Flawless):
    def write(self, record: JournalRecord) -> None:
        if isinstance(record, UserRecord):
            record = evolve(record, searched_at=record.searched_at.replace(tzinfo=None))
        super().write(record)


def _suite(flawed: type[Flawless]) -> type:
    class Suite(JournalSuite):
        @pytest.fixture
        def open_journal(self) -> OpenJournal:
            journal = flawed()
            return lambda: journal

    return Suite


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
