"""How many texts are searched in one buffer."""

from __future__ import annotations

from collections.abc import Iterator

from gistsearch.domain.matching.packs import find_texts
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.matching import Matcher, Span
from tests.searching import matcher_for, query_for

WINDOW_BYTES = 1 << 20


def test_texts_with_a_match_are_found_wherever_they_are() -> None:
    """In order, each once. Empty ones are passed over, also where two begin at the same place."""
    texts = [b"x" * 4_999 + b"\n"] * 40
    for index in (0, 3, 4, 20, 39):
        texts[index] = b"needle\n" * 900
    texts[3] = b"\nneedle\n"
    texts[2] = texts[19] = texts[21] = b""
    starts = [sum(map(len, texts[:index])) for index in range(len(texts))]
    found = find_texts(b"".join(texts), starts, matcher_for(query_for("needle")), WINDOW_BYTES)
    assert [index for index in found if index is not None] == [0, 3, 4, 20, 39]


def test_a_pack_is_searched_in_pieces_as_small_as_the_engine_is_slow() -> None:
    """After each, the caller may pause. At 100 kB a second, 50 ms are 5 kB."""
    now = 0.0

    class Slow(Matcher):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            nonlocal now
            now += (end - start) / 100_000
            return iter(())

    buffer = (b"x" * 99 + b"\n") * 1_000
    matcher = TimeSlicedMatcher(Slow(), Deadline(), line_by_line=True, clock=lambda: now)
    pieces = list(find_texts(buffer, [0], matcher, WINDOW_BYTES))
    assert len(pieces) >= 20
    assert set(pieces) == {None}
