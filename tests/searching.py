"""The search of one text, for tests."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from attrs import frozen

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.matching.file_search import Part, search_file
from gistsearch.domain.matching.lines import LineMatch
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.matching import MatchOptions

WINDOW_BYTES = 1 << 20


@frozen
class Found:
    """What the search of a text reports, in all."""

    lines: list[LineMatch]
    count: int
    binary: bool
    match_count: int = 0

    @property
    def numbers(self) -> list[int]:
        """The numbers of the lines."""
        return [line.number for line in self.lines]

    @property
    def marked(self) -> list[tuple[int, str, list[str]]]:
        """Each line's number, text and matches."""
        return [(line.number, line.text, [line.text[s:e] for s, e in line.spans]) for line in self.lines]


def query_for(pattern: str | list[str], options: MatchOptions = MatchOptions(), **wanted: Any) -> SearchQuery:
    return SearchQuery("octo", pattern, options=options, **wanted)


def search(query: SearchQuery, chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Found:
    """Search a text.

    Raises:
        InvalidPattern: the pattern is refused.
    """
    parts = list(parts_of(query, chunks, window_bytes))
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    return Found(
        [line for part in parts for line in part.lines],
        sum(part.line_count for part in parts),
        parts[-1].binary,
        sum(part.match_count for part in parts),
    )


def parts_of(query: SearchQuery, chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Generator[Part]:
    return search_file(_generator(chunks), None, matcher_for(query), query, window_bytes)


def matcher_for(query: SearchQuery) -> TimeSlicedMatcher:
    matcher = Re2Compiler().compile(query.patterns, query.options)
    return TimeSlicedMatcher(matcher, Deadline(), line_by_line=not query.options.multiline)


def _generator(chunks: Iterable[bytes]) -> Generator[bytes]:
    yield from chunks
