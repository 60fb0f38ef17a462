"""The journal port's published suite over our adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gistsearch.adapters.file_journal import FileJournal
from gistsearch.adapters.memory_journal import InMemoryJournal
from gistsearch.testing import JournalSuite, OpenJournal


class TestInMemoryJournal(JournalSuite):
    @pytest.fixture
    def open_journal(self) -> OpenJournal:
        journal = InMemoryJournal()
        return lambda: journal


class TestFileJournal(JournalSuite):
    @pytest.fixture
    def open_journal(self, tmp_path: Path) -> Iterator[OpenJournal]:
        opened: list[FileJournal] = []

        def open_again() -> FileJournal:
            while opened:
                opened.pop().close()
            opened.append(FileJournal(tmp_path / "journal", {"patterns": ["needle"]}))
            return opened[0]

        yield open_again
        for journal in opened:
            journal.close()
