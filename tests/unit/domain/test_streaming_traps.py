"""The traps of line-by-line search, each pinned by an example."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.results import LineMatch
from gistsearch.domain.streaming import LineSearch
from gistsearch.domain.text import line_windows, text_windows
from gistsearch.ports.matching import MatchOptions

Found = list[tuple[int, str, list[str]]]


def find(pattern: str, chunks: Iterable[bytes], *, multiline: bool = False, window: int = 1 << 20) -> Found:
    search = LineSearch(Re2Compiler().compile(pattern, MatchOptions(multiline=multiline)), line_by_line=not multiline)
    windows = (text_windows if multiline else line_windows)(chunks, window)
    return [(line.number, line.text, [line.text[s:e] for s, e in line.spans]) for line in search.run(windows)]


@pytest.mark.parametrize(
    ("pattern", "chunks", "found"),
    [
        pytest.param("$", [b"a\n"], [(1, "a", [""])], id="a trailing newline ends the last line, it begins none"),
        pytest.param("$", [b"a"], [(1, "a", [""])], id="no final newline"),
        pytest.param("^", [b"\n\n"], [(1, "", [""]), (2, "", [""])], id="empty lines match"),
        pytest.param("^$", [b"a\r\n\r\nb"], [(2, "", [""])], id="a line of only CRLF is empty"),
        pytest.param("x*", [b""], [], id="an empty file has no lines"),
        pytest.param("a$", [b"a\r", b"\nb"], [(1, "a", ["a"])], id="CRLF cut between chunks"),
        pytest.param("é", [b"\xc3", b"\xa9\n"], [(1, "é", ["é"])], id="UTF-8 cut between chunks"),
        pytest.param("^a", [b"\xef", b"\xbb", b"\xbfa"], [(1, "a", ["a"])], id="a BOM cut between chunks"),
        pytest.param("^a", [b"\xff", b"\xfea\0\n", b"\0b\0"], [(1, "a", ["a"])], id="a UTF-16 BOM cut between chunks"),
        pytest.param(".", [b"\xff\n\xfe"], [], id="bytes that are no text match no character"),
        pytest.param("b", [b"\xff\xffb\xff"], [(1, "��b�", ["b"])], id="but they stop nothing"),
        pytest.param("[^a]", [b"a\na"], [], id="a negated class never matches a line feed"),
        pytest.param("(?s)a.b", [b"a\nb"], [], id="nor does a dot"),
        pytest.param(r"a\s*b", [b"a\nb", b"\na  b"], [(3, "a  b", ["a  b"])], id="nor does white space"),
        pytest.param("x*", [b"ax"], [(1, "ax", ["", "x"])], id="an empty match, and one that is none"),
        pytest.param("a", [b"a" * 3], [(1, "aaa", ["a", "a", "a"])], id="all matches of a line"),
        pytest.param(r"\Aa\z", [b"b\na\nb"], [(2, "a", ["a"])], id="the line is the text"),
        pytest.param("(?-m)^a$", [b"b\na\nb"], [(2, "a", ["a"])], id="whatever the flags"),
    ],
)
def test_line_by_line(pattern: str, chunks: list[bytes], found: Found) -> None:
    assert find(pattern, chunks) == found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("(?s)B.*E", b"x\nB\nE\nx", [(2, "B", ["B"]), (3, "E", ["E"])]),
        (r"a\n", b"a\nb", [(1, "a", ["a"])]),
        (r"\n", b"a\nb", [(1, "a", [""])]),
        (r"\n^b", b"a\nb", [(1, "a", [""]), (2, "b", ["b"])]),
        (r"\Ab", b"a\nb", []),
        (r"b\z", b"b\nb", [(2, "b", ["b"])]),
        (r"\z", b"a\n", []),
        (r"\z", b"a", [(1, "a", [""])]),
        ("^$", b"a\nb\n", []),
        ("^$", b"a\n\n", [(2, "", [""])]),
        ("^", b"a\nb\n", [(1, "a", [""]), (2, "b", [""])]),
        ("x*", b"", []),
        ("a$", b"a\r\nb", [(1, "a", ["a"])]),
        (r"\n", "é\r\n".encode(), [(1, "é", [""])]),
    ],
)
def test_across_lines(pattern: str, text: bytes, found: Found) -> None:
    assert find(pattern, [text], multiline=True) == found


@pytest.mark.parametrize("at", [0, 1, 11_999, 12_280, 16_383, 16_384, 24_570, 99_993])
@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize("pattern", ["needle", r"\bneedle\b", r"(?i)NEEDLE"])
def test_a_needle_is_found_anywhere_in_an_overlong_line(pattern: str, multiline: bool, at: int) -> None:
    """A line longer than the window is searched through overlapping ones, its neighbours true."""
    line = b" " * at + b"needle" + b" " * (99_994 - at)
    found = find(pattern, [b"first\n" + line + b"\nlast needle\n"], multiline=multiline, window=1 << 14)
    assert [(number, spans) for number, _, spans in found] == [(2, ["needle"]), (3, ["needle"])]


def test_anchors_see_true_neighbours_at_the_edges_of_windows() -> None:
    """Where a window begins or ends, no line and no word does."""
    line = b"x" * 100_000
    for pattern in (r"^x$", r"\bx\b", r"\Bx\b$\B", r"^y"):
        assert find(pattern, [line], window=1 << 14) == []
        assert find(pattern, [line], window=1 << 14, multiline=True) == []
    assert len(find("x$", [line], window=1 << 14)) == 1
    assert len(find("^x", [line], window=1 << 14)) == 1


def test_a_line_told_in_one_window_is_not_told_again_where_a_match_leads_out_of_it() -> None:
    text = b"needle" + b" " * 100 + b"a\nb\n"
    assert [line for line, *_ in find(r"needle|a\nb", [text], multiline=True, window=64)] == [1, 2]


def test_lines_before_an_overlong_line_are_its_context_however_far_back_it_began() -> None:
    lines = with_context("needle", b"one\ntwo\n" + b"x" * 200 + b"needle\nthree\nfour\n", before=1, after=1, window=64)
    assert [(line.before, line.after) for line in lines] == [(("two",), ("three",))]


def test_context_of_a_match_that_leads_into_the_next_window() -> None:
    """The lines after it are those behind its last line, not those where the next window begins."""
    text = b"START\n" + b"between\n" * 9 + b"END\nafter\nlast\n"
    search = LineSearch(
        Re2Compiler().compile("(?s)START.*END", MatchOptions(multiline=True)), line_by_line=False, context_after=2
    )
    *_, line = search.run(text_windows([text], 90))
    assert (line.text, line.after) == ("END", ("after", "last"))


def test_lines_after_the_last_wanted_match_are_gathered_from_later_windows() -> None:
    text = [b"needle\n", b"one\n" + b"-" * 100, b"\nneedle\n"]
    (line,) = with_context("needle", b"".join(text), after=3, window=16, stop_after=1)
    assert [after[:3] for after in line.after] == ["one", "---", "nee"]


def test_an_excerpt_begins_with_a_whole_character() -> None:
    """Also where bytes that are no text stand before the match, which take more room as characters."""
    ((_, text, spans),) = find("needle", ["€".encode() * 900 + b"\xff" + b"needle" + b" " * 900])
    assert text.lstrip("€").startswith("\N{REPLACEMENT CHARACTER}needle")
    assert spans == ["needle"]


def test_matches_behind_the_excerpt_are_not_marked() -> None:
    ((_, text, spans),) = find("needle", [b"x" * 200 + b"needle" + "é".encode() * 950 + b"needle"])
    assert (len(text), spans) == (500, ["needle"])


def with_context(
    pattern: str, text: bytes, *, before: int = 0, after: int = 0, window: int, stop_after: int | None = None
) -> list[LineMatch]:
    matcher = Re2Compiler().compile(pattern, MatchOptions())
    search = LineSearch(matcher, line_by_line=True, context_before=before, context_after=after, stop_after=stop_after)
    return list(search.run(line_windows([text], window)))


def chunks_of(size: int, chunk: bytes) -> Iterator[bytes]:
    for _ in range(size // len(chunk)):
        yield chunk
    yield b"needle"


@pytest.mark.parametrize("chunk", [b"some words\n" * 6_000, b"no line end " * 6_000, b"a" * 65_536])
@pytest.mark.parametrize(
    ("pattern", "multiline"), [("needle", False), ("needle", True), ("a", False), ("(?s)a.*b", True)]
)
def test_memory_stays_under_its_bound(chunk: bytes, pattern: str, multiline: bool) -> None:
    """Memory does not grow with the size of a file, the length of a line or the number of matches."""
    peaks: list[int] = []
    for size in (3_000_000, 12_000_000):
        tracemalloc.start()
        search = LineSearch(
            Re2Compiler().compile(pattern, MatchOptions(multiline=multiline)), line_by_line=not multiline, kept=5
        )
        windows = (text_windows if multiline else line_windows)(chunks_of(size, chunk), 1 << 19)
        for _ in search.run(windows):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 3_500_000
    assert peaks[1] < peaks[0] * 1.5 + 100_000
