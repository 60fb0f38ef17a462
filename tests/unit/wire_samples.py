"""Events of searches, for tests of their published form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gistsearch.domain.events import Coverage, FileMatch, LineMatch
from gistsearch.ports.gists import Gist, GistFile

A = GistFile("a.py", "Python", 10, "https://raw.example/a.py", None)
B = GistFile("b.txt", None, 20, "https://raw.example/b.txt", None)
C = GistFile("c.md", "Markdown", None, "https://raw.example/c.md", None)
GIST = Gist("1", "https://gist.example/1", "first", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), (A, B, C))
COVERAGE = Coverage(
    complete=True,
    gists=2,
    files=3,
    searched=1,
    skipped=0,
    not_needed=2,
    bytes=60,
    downloaded_bytes=50,
    from_store=1,
    matched_lines=4,
    duration_s=0.123456,
)
COVERAGE_OBJECT = {
    "complete": True,
    "gists": 2,
    "files": 3,
    "searched": 1,
    "skipped": 0,
    "bytes": 60,
    "downloaded_bytes": 50,
    "from_store": 1,
    "duration_s": 0.123,
}


def line(number: int = 1, text: str = "x", **more: Any) -> LineMatch:
    """Return a matching line."""
    return LineMatch(number, text, ((0, 1),), **more)


def match(
    file: GistFile = A,
    *lines: LineMatch,
    position: int = 0,
    gist: Gist = GIST,
    username: str = "octo",
    line_count: int | None = None,
    binary: bool = False,
    **more: Any,
) -> FileMatch:
    """Return a part of a file's matches, the only one unless `more` says otherwise."""
    count = max(1, len(lines)) if line_count is None else line_count
    return FileMatch(username, position, gist, file, lines, count, binary, **more)
