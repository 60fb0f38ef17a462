"""The traps of line-by-line search, each pinned by an example."""

from __future__ import annotations

import tracemalloc
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from gistsearch.domain.matching.file_search import search_file
from gistsearch.domain.matching.lines import ContextLine, LineMatch
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.query import Detail
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.matching import Matcher, MatchOptions, Span
from tests.searching import matcher_for, parts_of, query_for, search

Found = list[tuple[int, str, list[str]]]


def find(pattern: str, chunks: Iterable[bytes], *, multiline: bool = False, window: int = 1 << 20) -> Found:
    return search(query_for(pattern, MatchOptions(multiline=multiline)), chunks, window).marked


@pytest.mark.parametrize(
    ("pattern", "chunks", "found"),
    [
        pytest.param("$", [b"a\n"], [(1, "a", [""])], id="a trailing newline ends the last line, it begins none"),
        pytest.param("$", [b"a"], [(1, "a", [""])], id="no final newline"),
        pytest.param("^", [b"\n\n"], [(1, "", [""]), (2, "", [""])], id="empty lines match"),
        pytest.param("^$", [b"a\r\n\r\nb"], [(2, "", [""])], id="a line of only CRLF is empty"),
        pytest.param("x*", [b""], [], id="an empty file has no lines"),
        pytest.param("a$", [b"a\r", b"\nb"], [(1, "a", ["a"])], id="CRLF cut between chunks"),
        pytest.param("[^;]$", [b"a;\r\nb\r\n\r\n"], [(2, "b", ["b"])], id="CRLF ends a line"),
        pytest.param(r"\s$", [b"a\r\nb \r\n"], [(2, "b ", [" "])], id="nor is it white space"),
        pytest.param("^.{3}$", [b"abc\r\nab\r\n"], [(1, "abc", ["abc"])], id="nor a character"),
        pytest.param(r"a\r", [b"a\rb\r\n"], [(1, "a\rb", ["a\r"])], id="a lone carriage return is text"),
        pytest.param("b.$", [b"a\nb\r"], [(2, "b\r", ["b\r"])], id="also at the end of the text"),
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
        (r"a\nb", b"a\r\nb", [(1, "a", ["a"]), (2, "b", ["b"])]),
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


def test_a_line_reported_in_one_window_is_not_reported_again_if_a_match_ends_after_it() -> None:
    text = b"needle" + b" " * 100 + b"a\nb\n"
    assert [line for line, *_ in find(r"needle|a\nb", [text], multiline=True, window=64)] == [1, 2]


def test_lines_before_an_overlong_line_are_its_context_however_far_back_it_began() -> None:
    (line,) = with_context(
        "needle", b"one\ntwo\n" + b"x" * 200 + b"needle\nthree\nfour\n", before=2, after=1, window=64
    )
    assert line.before == (ContextLine("one"), ContextLine("two"))
    assert line.after == (ContextLine("three"),)


def test_context_of_a_match_that_ends_in_the_next_window() -> None:
    """The lines after each of its lines are just those, not the ones at the beginning of the next window."""
    lines = ["START", *(f"between{number}" for number in range(9)), "END", "after", "last"]
    query = query_for("(?s)START.*END", MatchOptions(multiline=True), context_after=2)
    found = search(query, ["".join(f"{line}\n" for line in lines).encode()], 98).lines
    assert [[after.text for after in line.after] for line in found] == [lines[at + 1 : at + 3] for at in range(11)]


def test_an_overlong_line_is_one_line_of_context() -> None:
    """However many windows it takes."""
    text = b"before\nneedle\n" + b"-" * 300 + b"\nlast\n"
    for multiline in (False, True):
        query = query_for("needle", MatchOptions(multiline=multiline), context_after=2)
        (line,) = search(query, [text], 64).lines
        assert [after.text[:4] for after in line.after] == ["----", "last"]


@pytest.mark.parametrize(("line", "truncated"), [("x" * 500, False), ("x" * 501, True), ("😀" * 500, False)])
def test_a_line_of_context_says_whether_it_is_cut(line: str, truncated: bool) -> None:
    """It has at most 500 characters."""
    (found,) = with_context("needle", f"needle\n{line}".encode(), after=1, window=1 << 20)
    assert found.after == (ContextLine(line[:500], truncated),)


def test_lines_after_the_last_wanted_match_are_gathered_from_later_windows() -> None:
    text = [b"needle\n", b"one\n" + b"-" * 100, b"\nneedle\n"]
    (line,) = with_context("needle", b"".join(text), after=3, window=16, max_lines=1)
    assert [after.text[:3] for after in line.after] == ["one", "---", "nee"]


@pytest.mark.parametrize("invalid", [1, 2, 3])
def test_an_excerpt_begins_with_a_whole_character(invalid: int) -> None:
    """Also if there are invalid bytes before the match, which take more room as characters."""
    ((_, text, spans),) = find("needle", ["€".encode() * 900 + b"\xff" * invalid + b"needle" + b" " * 900])
    assert text.startswith("€" * 99 + "\N{REPLACEMENT CHARACTER}" * invalid + "needle")
    assert spans == ["needle"]


def test_a_match_longer_than_its_excerpt_is_cut_between_characters() -> None:
    """The bytes that an excerpt is made of may end within one."""
    assert find("€+", ["€".encode() * 700]) == [(1, "€" * 500, ["€" * 500])]


def test_matches_after_the_excerpt_are_not_marked() -> None:
    ((_, text, spans),) = find("needle", [b"x" * 200 + b"needle" + "é".encode() * 950 + b"needle"])
    assert (len(text), spans) == (500, ["needle"])


def with_context(
    pattern: str, text: bytes, *, before: int = 0, after: int = 0, window: int, max_lines: int | None = None
) -> list[LineMatch]:
    query = query_for(pattern, context_before=before, context_after=after, max_lines=max_lines)
    return search(query, [text], window).lines


def chunks_of(size: int, chunk: bytes) -> Iterator[bytes]:
    for _ in range(size // len(chunk)):
        yield chunk
    yield b"needle"


@pytest.mark.parametrize("chunk", [b"some words\n" * 6_000, b"no line end " * 6_000, b"a" * 65_536])
@pytest.mark.parametrize(
    ("pattern", "multiline", "wanted"),
    [
        ("needle", False, {"detail": Detail.COUNTS}),
        ("line", False, {"invert": True, "max_lines": 9}),
        ("needle", True, {}),
        ("a", False, {"detail": Detail.COUNTS}),
        ("needle|z", False, {"detail": Detail.MATCHES}),
        ("(?s)a.*b", True, {}),
    ],
)
def test_memory_stays_under_its_bound(chunk: bytes, pattern: str, multiline: bool, wanted: dict[str, Any]) -> None:
    """Memory does not grow with the size of a file, the length of a line or the number of matches."""
    query = query_for(pattern, MatchOptions(multiline=multiline), **wanted)
    peaks: list[int] = []
    for size in (2_000_000, 8_000_000):
        tracemalloc.start()
        for _ in parts_of(query, chunks_of(size, chunk), 1 << 19):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 3_500_000
    assert peaks[1] < peaks[0] * 1.5 + 100_000


def test_single_matches_are_found_however_far_apart_in_a_line() -> None:
    """An excerpt has room for those near the first; asked for by themselves, all are reported with their places."""
    line = b"needle" + b" " * 100_000 + b"needle" + b" " * 100_000 + b"needle"
    found = search(query_for("needle", detail=Detail.MATCHES), [b"first\n" + line + b"\nlast\n"], 1 << 14)
    assert [(match.number, match.text, match.offset_bytes) for match in found.lines] == [
        (2, "needle", 0),
        (2, "needle", 100_006),
        (2, "needle", 200_012),
    ]
    assert not any(match.truncated for match in found.lines)
    assert found.count == 1


def test_a_single_match_over_several_lines_is_reported_line_by_line() -> None:
    """Without its empty lines, as ripgrep does it."""
    found = search(query_for("(?s)B.*E", MatchOptions(multiline=True), detail=Detail.MATCHES), [b"x\nxB\n\nyz\nEx\n"])
    assert [(match.number, match.text, match.offset_bytes) for match in found.lines] == [
        (2, "B", 1),
        (4, "yz", 0),
        (5, "E", 0),
    ]
    assert [match.spans for match in found.lines] == [((0, 1),), ((0, 2),), ((0, 1),)]
    assert found.count == 1


def test_a_long_single_match_is_cut() -> None:
    (match,) = search(query_for("x+", detail=Detail.MATCHES), [b"a" + b"x" * 600]).lines
    assert (len(match.text), match.offset_bytes, match.cut_after) == (500, 1, True)


@pytest.mark.parametrize("window", [1 << 20, 16])
def test_a_limit_keeps_the_lines_of_a_match_together(window: int) -> None:
    """With multiline, the limit counts matches."""
    query = query_for(r"(?s)B\n.E|x", MatchOptions(multiline=True), max_lines=1)
    assert search(query, [b"-\n" * 20 + b"B\nxE\n" + b"-\n" * 20 + b"x\n"], window).numbers == [21, 22]


@pytest.mark.parametrize("rest", [b"\n", b"\n" + b"a b\n" * 10])
def test_the_matches_of_a_line_are_all_reported_if_its_limit_is_reached(rest: bytes) -> None:
    found = search(query_for("a", detail=Detail.MATCHES, max_lines=1), [b"a a a" + rest])
    assert (found.numbers, found.count) == ([1, 1, 1], 1)


@pytest.mark.parametrize("line", [b"a\n", b"b\n"])
def test_the_search_stops_at_the_end_of_the_last_line_wanted(line: bytes) -> None:
    """With single matches as well, whose line has to be complete; whether or not there would be more."""

    def endless() -> Iterator[bytes]:
        yield b"a\n"
        while True:
            yield line * 100_000

    for detail in (Detail.LINES, Detail.MATCHES, Detail.COUNTS):
        assert search(query_for("a", detail=detail, max_lines=1), endless()).count == 1


@pytest.mark.parametrize("invert", [False, True])
def test_lines_of_a_binary_file_are_reported_if_the_query_asks_for_text(invert: bool) -> None:
    text = b"a\0\nb\na\n"
    found = search(query_for("a", text=True, invert=invert), [text])
    assert (found.numbers, found.binary) == ([2] if invert else [1, 3], True)
    assert search(query_for("a", invert=invert), [text]).lines == []


def text_with_nul_at(position: int) -> bytes:
    """Return lines of two bytes each, among them one with a NUL byte."""
    return b"a\n" * (position // 2) + b"\0\n" + b"a\n" * 300


@pytest.mark.parametrize("detail", [Detail.LINES, Detail.MATCHES])
def test_no_line_of_a_file_with_an_early_nul_byte_is_reported(detail: Detail) -> None:
    """However it arrives, and however many lines come before that byte, as long as it is one of the first 131,072."""
    query = query_for("a", detail=detail)
    head = b"a\n" + b"-" * 131_067 + b"\n"
    for chunks in ([head + b"\0\na\n"], [b"a\n", head[2:] + b"\0", b"\na\n"], [b"a\n", head[2:], b"\0", b"\na\n"]):
        found = search(query, chunks)
        assert (found.lines, found.count, found.binary) == ([], 2, True)


@pytest.mark.parametrize("wanted", [{"detail": Detail.LINES}, {"detail": Detail.MATCHES}, {"context_after": 2}])
@pytest.mark.parametrize("chunk_bytes", [2_000, 140_000, 1 << 20])
def test_lines_before_a_late_nul_byte_are_reported(chunk_bytes: int, wanted: dict[str, Any]) -> None:
    """Those from its line on are not, neither as context; which these are does not depend on chunks or time."""
    text = b"-" * 180_000 + b"\n" + text_with_nul_at(2_000)
    chunks = [text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes)]
    found = search(query_for("a", **wanted), chunks)
    assert (len(found.lines), found.count, found.binary) == (1_000, 1_300, True)
    assert all("\0" not in line.text for match in found.lines for line in match.after)


def test_a_limit_reached_before_a_late_nul_byte_leaves_a_file_textual() -> None:
    """Wherever windows are cut."""
    text = b"a\n" + b"b\n" * 100_000 + b"\0\na\n"
    for chunks in ([text], [text[:2], text[2:]], [text[:170_000], text[170_000:]]):
        for detail in (Detail.LINES, Detail.MATCHES):
            found = search(query_for("a", max_lines=1, detail=detail), chunks)
            assert (found.numbers, found.binary) == ([1], False)


@pytest.mark.parametrize("detail", [Detail.LINES, Detail.MATCHES])
def test_the_line_with_a_late_nul_byte_is_not_reported(detail: Detail) -> None:
    """If the search ends there, the file is binary all the same."""
    text = b"-" * 140_000 + b"\na\0\na\n"
    found = search(query_for("a", detail=detail, max_lines=1), [text])
    assert (found.lines, found.count, found.binary) == ([], 1, True)


@pytest.mark.parametrize("window", [64, 96, 1 << 20])
def test_an_overlong_line_without_a_match_is_reported_by_its_beginning(window: int) -> None:
    """Once, if matching is inverted, however many windows it takes; with the lines around it."""
    text = b"a\n" + b"1" + b"x" * 200 + b"a\n" + b"2" + b"x" * 200 + b"\nb\n" + b"3" + b"x" * 200
    found = search(query_for("a", invert=True, context_before=1, context_after=1), [text], window)
    assert (found.numbers, found.count) == ([3, 4, 5], 3)
    assert [line.text[0] for line in found.lines] == ["2", "b", "3"]
    assert [(line.offset_bytes, line.spans) for line in found.lines] == [(0, ())] * 3
    assert [line.before[0].text[0] for line in found.lines] == ["1", "2", "b"]
    assert [line.after[0].text[0] for line in found.lines[:2]] == ["b", "3"]


@pytest.mark.parametrize("window", [64, 96, 1 << 20])
@pytest.mark.parametrize("at", [0, 100, 200])
def test_an_overlong_line_with_a_match_anywhere_is_none_of_the_others(at: int, window: int) -> None:
    """If matching is inverted, it is not reported."""
    line = b"x" * at + b"a" + b"x" * (200 - at)
    assert search(query_for("a", invert=True), [line + b"\n" + line], window).count == 0


@pytest.mark.parametrize("at", range(12_150, 12_450, 25))
def test_an_excerpt_is_the_same_wherever_windows_meet(at: int) -> None:
    """An overlong line is shown as if it were searched whole: 100 characters before the first match, and every match in
    the 500 characters of the excerpt is marked, also those after the place where the next window begins.
    """
    line = "😀" * (at // 4) + "needle " * 30 + "é" * 20_000
    for multiline in (False, True):
        query = query_for("needle", MatchOptions(multiline=multiline))
        (windowed,) = search(query, [line.encode()], 1 << 14).lines
        (whole,) = search(query, [line.encode()]).lines
        assert windowed == whole
        assert whole.spans[0] == (100, 106)
        assert len(whole.spans) == 30


@pytest.mark.parametrize("multiline", [False, True])
def test_a_match_of_a_quarter_of_the_window_is_found_wherever_it_lies(multiline: bool) -> None:
    """In an overlong line; windows of 16,384 bytes are promised to find matches of 4,096 bytes."""
    query = query_for("ax+b", MatchOptions(multiline=multiline), detail=Detail.MATCHES)
    match = b"a" + b"x" * 4_094 + b"b"
    for at in range(8_000, 40_000, 509):
        (found,) = search(query, [b" " * at + match + b" " * 20_000], 1 << 14).lines
        assert found.offset_bytes == at


def test_a_search_that_waits_for_context_ends_at_a_late_nul_byte() -> None:
    """No line from there on is reported, so there is nothing to wait for."""

    def endless() -> Iterator[bytes]:
        yield b"a\nb\n" + b"-" * 140_000 + b"\n\0\n"
        while True:
            yield b"-" * 100_000

    (line,) = search(query_for("a", max_lines=1, context_after=20), endless()).lines
    assert [after.text[0] for after in line.after] == ["b", "-"]


@pytest.mark.parametrize("at", range(180, 196))
def test_matches_that_meet_at_a_seam_are_found_once(at: int) -> None:
    """An empty match directly after another one is none, also if the other one was found in an earlier window."""
    line = b" " * at + b"x" * 10 + b" " * 300
    query = query_for("x*", detail=Detail.MATCHES)
    assert search(query, [line], 256) == search(query, [line])


def test_no_empty_match_is_marked_after_one_that_ends_in_the_next_window() -> None:
    """The excerpt of an overlong line looks ahead into it."""
    line = b" " * 12_283 + b"x" * 10 + b" " * 20_000
    (found,) = search(query_for(r"x+|\b"), [line], 1 << 14).lines
    assert found.spans == ((100, 110),)


@pytest.mark.parametrize("text", [b"a b a" * 20_000, b"a b\na\n\n" * 9_000, b"a\0a\na", b"\xff\xfea\0a\0"])
@pytest.mark.parametrize("max_lines", [None, 2])
def test_matches_are_counted_without_being_reported(text: bytes, max_lines: int | None) -> None:
    """As many as are reported one by one if the query asks for that; of a binary file as well."""
    expected = search(query_for("a", detail=Detail.MATCHES, text=True, max_lines=max_lines), [text], 1 << 14)
    found = search(query_for("a", detail=Detail.MATCH_COUNTS, max_lines=max_lines), [text], 1 << 14)
    assert (found.lines, found.count) == ([], expected.count)
    assert found.match_count == expected.match_count == len(expected.lines)


def test_a_match_over_several_lines_counts_once() -> None:
    """Although each of its lines is reported by itself."""
    query = query_for("a\nb|c", MatchOptions(multiline=True), detail=Detail.MATCH_COUNTS)
    assert search(query, [b"a\nb\nc\na\n"]).match_count == 2


def test_many_single_matches_take_time_proportional_to_their_number() -> None:
    """A long line of matches is no slower, match by match, than a short one."""
    found = 0
    for part in parts_of(query_for("a", detail=Detail.MATCHES), [b"a" * 25_000]):
        found += len(part.lines)
    assert found == 25_000


def test_a_step_ends_after_a_while_without_a_match() -> None:
    """A large file does not keep its thread to the end; nor does one that arrives very slowly."""
    now = 0.0

    def clock() -> float:
        return now

    def chunks() -> Generator[bytes]:
        nonlocal now
        for _ in range(10):
            now += 0.06
            yield b"nothing\n"

    query = query_for("needle")
    parts = list(search_file(chunks(), None, matcher_for(query), query, 1 << 20, clock))
    assert [part.bytes_read for part in parts] == [16, 32, 48, 64, 80, 80]
    assert [part.last for part in parts] == [False] * 5 + [True]


def test_a_step_ends_after_a_while_within_a_large_chunk() -> None:
    """A source may give a file in one piece."""
    times = iter(range(1_000_000))
    query = query_for("needle")
    chunk = (b"x" * 99 + b"\n") * 50_000
    parts = list(search_file(_one(chunk), None, matcher_for(query), query, 1 << 20, lambda: float(next(times))))
    assert len(parts) >= 5


def test_a_step_ends_after_a_while_if_the_pattern_is_slow() -> None:
    """Windows of several lines are as small as the engine is slow."""
    now = 0.0

    def clock() -> float:
        return now

    class Slow(Matcher):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            nonlocal now
            now += (end - start) / 30_000
            return iter(())

    chunk = (b"x" * 99 + b"\n") * 10_000
    matcher = TimeSlicedMatcher(Slow(), Deadline(), line_by_line=True, clock=clock)
    ends = [now for _ in search_file(_one(chunk), None, matcher, query_for("needle"), 1 << 20, clock)]
    assert max(end - begin for begin, end in pairwise([0.0, *ends])) < 0.5  # The first slice has 8 KiB.


@pytest.mark.parametrize("size", [None, 1_000_000])
def test_a_file_that_is_left_early_is_not_read_to_its_end(size: int | None) -> None:
    """Its rest is neither read nor verified."""
    given = 0

    def chunks() -> Generator[bytes]:
        nonlocal given
        for _ in range(10):
            given += 100_000
            yield b"needle\n".ljust(100_000)

    query = query_for("needle", detail=Detail.GISTS)
    (part,) = search_file(chunks(), size, matcher_for(query), query, 1 << 20)
    assert (part.bytes_read, given) == (200_000, 200_000)


def test_a_file_whose_bytes_have_all_arrived_is_verified_before_the_last_part() -> None:
    """Also if its rest is not needed."""
    verified = False

    def chunks() -> Generator[bytes]:
        nonlocal verified
        yield b"needle\n" * 40_000
        verified = True

    query = query_for("needle", detail=Detail.GISTS)
    (part,) = search_file(chunks(), 280_000, matcher_for(query), query, 1 << 20)
    assert verified
    assert part.line_count == 1


def test_the_chunks_are_closed_with_the_search() -> None:
    """A search that is left closes what it reads from."""
    closed: list[bool] = []

    def chunks() -> Generator[bytes]:
        try:
            yield b"needle\n" * 100_000
        finally:
            closed.append(True)

    query = query_for("needle")
    source = chunks()  # Referenced, so that it is closed by nobody else.
    parts = search_file(source, None, matcher_for(query), query, 1 << 20)
    next(parts)
    assert closed == []
    parts.close()
    assert closed == [True]


def test_the_chunks_are_closed_after_the_last_part() -> None:
    """Also if they have more to give."""
    closed: list[bool] = []

    def chunks() -> Generator[bytes]:
        try:
            yield b"needle\n" * 100_000
            yield b"more"
        finally:
            closed.append(True)

    query = query_for("needle", detail=Detail.GISTS)
    source = chunks()  # Referenced, so that it is closed by nobody else.
    assert [part.last for part in search_file(source, None, matcher_for(query), query, 1 << 20)] == [True]
    assert closed == [True]


def _one(chunk: bytes) -> Generator[bytes]:
    yield chunk


@pytest.mark.parametrize("pattern", [["foo", "bar"], ["(?i)FOO", "ba(?P<n>r)", "(?P<n>x)"]])
def test_a_line_matches_if_any_of_several_patterns_does(pattern: list[str]) -> None:
    """Flags and names of one pattern do not concern another."""
    assert search(query_for(pattern), [b"foo\nbar\nbaz\nBAR\n"]).numbers == [1, 2]
