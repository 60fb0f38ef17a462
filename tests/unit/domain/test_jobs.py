"""What is counted while a file is searched."""

from __future__ import annotations

import pytest

from gistsearch.domain.jobs import FileJob, GistJob, PackJob, Place
from gistsearch.domain.matching.file_search import Part
from gistsearch.ports.store import Pack, PackedFile
from tests.fakes import gist

STORED: Place = PackJob(Pack("1", (PackedFile("0" * 40, 1_000, 0, 990),), 990)), 0


@pytest.mark.parametrize(("place", "counted"), [(None, [400, 500, 100]), (STORED, [0, 0, 1_000])])
def test_bytes_are_counted_as_they_are_read(place: Place | None, counted: list[int]) -> None:
    """Those of stored content at the end, as its text has another length."""
    parent = GistJob("octo", 0, gist("g", "f", size=1_000))
    job = FileJob(parent, parent.gist.files[0], place)
    parts = [Part((), 0, 0, binary=False, bytes_read=read, last=read == 1_000) for read in (400, 900, 1_000)]
    assert [job.count_bytes(part) for part in parts] == counted
