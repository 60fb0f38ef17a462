"""The law of the store: a search with it gives the answer of one without it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from hypothesis import assume, given
from hypothesis import strategies as st

from gistsearch.adapters.memory import InMemoryGists, MemoryGist, MemoryRecord
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.store import packing
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.gists import MalformedRecord, Unreadable
from gistsearch.ports.matching import InvalidPattern, MatchOptions
from tests.answering import Answer, answer_of, ask, coverage_of
from tests.property import strategies

WINDOW_BYTES = 1 << 14  # the smallest, so that texts longer than a window are quickly made

LONG_TEXTS = {
    "line": b"a" * (WINDOW_BYTES + 1),
    "lines": b"b" * WINDOW_BYTES + b"\na\n" + b"b" * 2_000,
    "spaces": b" " * WINDOW_BYTES + b"a b",
}
"""Longer than a window, so that streaming may miss what a search through a pack would find. Hypothesis chooses their
names, as it prints what it chooses from.
"""

contents = st.one_of(
    st.builds(bytes.__add__, strategies.byte_order_marks, strategies.odd_texts),
    st.builds(bytes.__add__, strategies.byte_order_marks, strategies.short_lines),
    strategies.texts.map(lambda text: text.decode(errors="replace").encode("utf-16")),
    st.sampled_from([b"", b"\n", b"\r", b"\r\n", b"\r\r\n", b"\xef\xbb\xbf\xff\xfea\n", b"\0"]),
    st.sampled_from([*LONG_TEXTS, ""]).map(lambda name: LONG_TEXTS.get(name, b"")),
)
gists = st.one_of(
    st.builds(
        MemoryGist,
        st.dictionaries(st.sampled_from(["a.py", "b.py", "c.txt", "d"]), contents, max_size=3),
        describes_content=st.sampled_from([True, True, True, False]),
        languages=st.just({"a.py": "Python", "c.txt": "Text"}),
    ),
    st.just(Unreadable("gist 17", MalformedRecord("a field is missing"))),
)
listings = st.lists(gists, max_size=5)
asked: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"detail": Detail.GISTS},
        {"detail": Detail.GISTS, "files": ["*.py"]},
        {"detail": Detail.COUNTS},
        {"detail": Detail.COUNTS, "languages": ["python"]},
        {"detail": Detail.MATCHES},
        {"detail": Detail.MATCH_COUNTS},
        {"context_before": 1, "context_after": 2},
        {"max_lines": 1},
        {"text": True},
        {"invert": True},
        {"invert": True, "detail": Detail.GISTS},
    ]
)


@st.composite
def queries(draw: st.DrawFn) -> SearchQuery:
    multiline = draw(st.sampled_from([False, False, True]))
    pattern = draw(strategies.line_crossing_patterns if multiline else strategies.patterns)
    wanted = draw(asked)
    options = MatchOptions(
        ignore_case=draw(st.booleans()),
        word=draw(st.booleans()),
        multiline=multiline and not wanted.get("invert"),
    )
    query = SearchQuery("octo", pattern, options=options, **wanted)
    try:
        Re2Compiler().compile(query.patterns, query.options)
    except InvalidPattern:
        assume(False)
    return query


@contextmanager
def small_packs(pack_bytes: int) -> Generator[None, None, None]:
    with mock.patch.object(packing, "PACK_BYTES", pack_bytes):
        yield


class World:
    """A user whose gists change, and a store."""

    def __init__(self, records: list[MemoryRecord], policy: StorePolicy) -> None:
        self.source = InMemoryGists({"octo": records}, page_gists=3)
        self.store = InMemoryStore()
        self.policy = policy

    def answer(self, query: SearchQuery) -> Answer:
        return answer_of(query, ask(query, self.source, window_bytes=WINDOW_BYTES))

    def answer_with_store(self, query: SearchQuery) -> Answer:
        return answer_of(query, ask(query, self.source, self.store, self.policy, window_bytes=WINDOW_BYTES))


@given(listings, st.lists(st.tuples(queries(), listings), min_size=1, max_size=2), st.integers(1, 300))
def test_a_search_with_a_store_gives_the_answer_of_one_without(
    records: list[MemoryRecord], turns: list[tuple[SearchQuery, list[MemoryRecord]]], pack_bytes: int
) -> None:
    """Whatever was searched, kept and rewritten before, and however the gists have changed since."""
    world = World(records, StorePolicy())
    with small_packs(pack_bytes):
        for query, changed in turns:
            expected = world.answer(query)
            for _ in range(2):
                assert world.answer_with_store(query) == expected
            world.source.put("octo", changed)


@given(listings, st.lists(queries(), min_size=1, max_size=3), st.integers(0, 400), st.integers(0, 100))
def test_neither_a_full_store_nor_large_files_change_an_answer(
    records: list[MemoryRecord], asked: list[SearchQuery], max_bytes: int, max_file_bytes: int
) -> None:
    world = World(records, StorePolicy(max_bytes, max_file_bytes))
    with small_packs(50):
        for query in asked:
            assert world.answer_with_store(query) == world.answer(query)
        assert world.store.size_bytes() <= max_bytes


@given(listings, queries())
def test_a_second_search_downloads_nothing_that_was_downloaded_before(
    records: list[MemoryRecord], query: SearchQuery
) -> None:
    """Except for content that the listing does not identify."""
    world = World(records, StorePolicy())
    everything = SearchQuery("octo", "a", detail=Detail.COUNTS)
    ask(everything, world.source, world.store, world.policy)
    world.source.files_opened.clear()
    world.source.pages_fetched.clear()
    found = coverage_of(ask(query, world.source, world.store, world.policy))
    unidentified = [record for record in records if isinstance(record, MemoryGist) and not record.describes_content]
    assert sum(world.source.files_opened.values()) <= sum(len(record.files) for record in unidentified)
    assert not world.source.pages_fetched
    if not unidentified:
        assert found.downloaded_bytes == 0
        assert found.from_store == found.searched
