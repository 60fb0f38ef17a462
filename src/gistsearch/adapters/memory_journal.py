"""The journal port in memory: for tests, and for programs that keep their records elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gistsearch.ports.journal import Journal, JournalRecord


class InMemoryJournal(Journal):
    """A journal that ends with the process."""

    def __init__(self, records: Iterable[JournalRecord] = ()) -> None:
        self._records = list(records)

    def records(self) -> Iterator[JournalRecord]:
        return iter(list(self._records))

    def write(self, record: JournalRecord) -> None:
        self._records.append(record)
