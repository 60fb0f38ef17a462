"""What a search answers, in a form in which two searches can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

from attrs import frozen

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.events import (
    Coverage,
    FileMatch,
    ListingFailed,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
)
from gistsearch.domain.matching.lines import LineMatch
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.gists import GistSource
from gistsearch.ports.store import GistStore
from tests.fakes import InlineExecutor


@frozen
class Answer:
    """What a search reported, without what may differ from one run to the next: order, time, and cuts into parts."""

    gists: frozenset[tuple[str, str]]
    """User and gist."""
    files: frozenset[tuple[str, str, str, tuple[LineMatch, ...], int, bool]]
    """User, gist, file name, lines, their number, and whether it is binary. Empty if only gists are asked for."""
    missing: frozenset[str]
    counts: tuple[Any, ...]


def ask(
    query: SearchQuery,
    source: GistSource,
    store: GistStore | None = None,
    policy: StorePolicy | None = None,
    executor: Executor | None = None,
    window_bytes: int = 1 << 20,
) -> list[SearchEvent]:
    """Search."""
    search = SearchGists(
        source, Re2Compiler(), executor or InlineExecutor(), store=store, policy=policy, window_bytes=window_bytes
    )
    return list(search.run(query))


def answer_of(query: SearchQuery, events: Iterable[SearchEvent]) -> Answer:
    """Return what events say."""
    events = list(events)
    matches = [event for event in events if isinstance(event, FileMatch)]
    files: dict[tuple[str, str, str], list[FileMatch]] = {}
    for match in matches:
        files.setdefault((match.username, match.gist.id, match.file.filename), []).append(match)
    return Answer(
        frozenset((match.username, match.gist.id) for match in matches),
        frozenset(() if query.detail is Detail.GISTS else (_file(name, parts) for name, parts in files.items())),
        frozenset(
            f"{event.username} {event.gist and event.gist.id} {event.file and event.file.filename} {event.detail}"
            if isinstance(event, Skipped)
            else f"{event.username} {event.error}"
            for event in events
            if isinstance(event, Skipped | ListingFailed)
        ),
        _counts(query, coverage_of(events)),
    )


def coverage_of(events: Iterable[SearchEvent]) -> Coverage:
    """Return the coverage that the last event reports."""
    *_, ended = events
    assert isinstance(ended, SearchEnded)
    return ended.coverage


def warnings_of(events: Iterable[SearchEvent]) -> list[SearchWarning]:
    """Return the warnings among events."""
    return [event for event in events if isinstance(event, SearchWarning)]


def _file(name: tuple[str, str, str], parts: list[FileMatch]) -> tuple[str, str, str, tuple[LineMatch, ...], int, bool]:
    lines = tuple(line for part in parts for line in part.lines)
    assert [part.part for part in parts] == list(range(len(parts)))
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    return (*name, lines, sum(part.line_count for part in parts), parts[-1].binary)


def _counts(query: SearchQuery, coverage: Coverage) -> tuple[Any, ...]:
    seen = coverage.searched + coverage.not_needed
    counts = (coverage.complete, coverage.gists, coverage.files, seen, coverage.skipped)
    reads_everything = query.detail is not Detail.GISTS and query.max_lines is None
    return (*counts, coverage.bytes, coverage.matched_lines) if reads_everything else counts
