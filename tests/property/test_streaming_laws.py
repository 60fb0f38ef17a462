"""The laws of the streaming matcher."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.matching.lines import ContextLine
from gistsearch.domain.matching.windows import LOOKBEHIND_BYTES
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.ports.matching import InvalidPattern, Matcher, MatchOptions
from tests.property import oracle, strategies
from tests.searching import WINDOW_BYTES, Found, query_for, search

windows_of_any_size = st.integers(8, 96)
contexts = st.integers(0, 3)


def searched(query: SearchQuery, chunks: list[bytes], window_bytes: int = WINDOW_BYTES) -> Found:
    try:
        return search(query, chunks, window_bytes)
    except InvalidPattern:
        assume(False)
        raise


def matcher_for(pattern: str, options: MatchOptions) -> Matcher:
    try:
        return Re2Compiler().compile([pattern], options)
    except InvalidPattern:
        assume(False)
        raise


wanted = st.sampled_from(
    [
        {},
        {"context_before": 3, "context_after": 2},
        {"max_lines": 1},
        {"max_lines": 2, "context_before": 1, "context_after": 1},
        {"detail": Detail.GISTS},
        {"detail": Detail.COUNTS},
        {"detail": Detail.MATCHES},
        {"detail": Detail.MATCHES, "max_lines": 2},
        {"detail": Detail.MATCH_COUNTS, "max_lines": 2},
        {"text": True},
        {"invert": True},
        {"invert": True, "max_lines": 2, "context_before": 1, "context_after": 1},
        {"invert": True, "detail": Detail.COUNTS},
    ]
)
windows_or_none = st.one_of(windows_of_any_size, st.just(WINDOW_BYTES))
any_patterns = st.one_of(strategies.patterns, strategies.line_crossing_patterns)


@given(
    st.data(),
    strategies.byte_order_marks,
    strategies.odd_texts,
    any_patterns,
    st.booleans(),
    windows_or_none,
    wanted,
)
def test_any_cut_into_chunks_gives_the_same_as_one_chunk(
    data: st.DataObject,
    mark: bytes,
    text: bytes,
    pattern: str,
    multiline: bool,
    window: int,
    wanted: dict[str, Any],
) -> None:
    """How the bytes are cut into chunks on the way never changes the result."""
    query = query_for(pattern, MatchOptions(multiline=multiline and not wanted.get("invert")), **wanted)
    chunks = data.draw(strategies.cut(mark + text))
    assert searched(query, chunks, window) == searched(query, [mark + text], window)


@given(st.data(), strategies.odd_texts, any_patterns, st.booleans(), windows_or_none, wanted)
def test_crlf_and_lf_give_the_same(
    data: st.DataObject, text: bytes, pattern: str, multiline: bool, window: int, wanted: dict[str, Any]
) -> None:
    """A file with CRLF gives the same lines as its twin with LF, wherever it is cut."""
    query = query_for(pattern, MatchOptions(multiline=multiline and not wanted.get("invert")), **wanted)
    text = b"t" + text.replace(b"\r", b"")
    twin = data.draw(strategies.cut(text.replace(b"\n", b"\r\n")))
    assert searched(query, twin, window) == searched(query, [text], window)


@given(strategies.odd_texts.map(lambda text: b"t" + text.replace(b"\0", b"")), strategies.patterns, strategies.options)
def test_lines_are_those_in_which_re2_finds_the_pattern(text: bytes, pattern: str, options: MatchOptions) -> None:
    """Streaming agrees with RE2 over each line of the whole text; inverted, it reports all other lines."""
    if options.word:
        text = text.decode(errors="ignore").encode()  # An invalid byte counts as part of a word.
    found = searched(query_for(pattern, options), [text])
    lf_text = text.replace(b"\r\n", b"\n")
    expected = oracle.matching_line_numbers(pattern, options, lf_text)
    assert found.numbers == expected
    assert found.count == len(expected)
    others = set(range(1, len(oracle.lines_of(lf_text)) + 1)) - set(expected)
    assert searched(query_for(pattern, options, invert=True), [text]).numbers == sorted(others)


@given(strategies.texts.map(lambda text: text.replace(b"\r", b"")), strategies.patterns, strategies.options)
@example(b"___", "_", MatchOptions(word=True))
@example(b"###", ".", MatchOptions(word=True))
def test_spans_are_those_of_re2_in_the_line(text: bytes, pattern: str, options: MatchOptions) -> None:
    """Spans are in range, ordered, disjoint, and slice back to what matched."""
    whole = oracle.lines_of(text)
    for line in searched(query_for(pattern, options), [text]).lines:
        raw = whole[line.number - 1]
        assert line.text.encode() == raw
        in_bytes = [(len(line.text[:start].encode()), len(line.text[:end].encode())) for start, end in line.spans]
        assert in_bytes == list(oracle.spans_in(pattern, options, raw))


@given(strategies.texts, strategies.patterns, windows_or_none)
def test_single_matches_are_the_spans_of_the_lines(text: bytes, pattern: str, window: int) -> None:
    """Each match is reported with its line's number and its position in that line."""
    assume(all(len(line) < window for line in oracle.lines_of(text)))
    lines = searched(query_for(pattern), [text], window)
    matches = searched(query_for(pattern, detail=Detail.MATCHES), [text], window)
    of_lines = [
        (line.number, line.text[start:end], len(line.text[:start].encode()))
        for line in lines.lines
        for start, end in line.spans
    ]
    assert [(match.number, match.text, match.offset_bytes) for match in matches.lines] == of_lines
    assert matches.count == lines.count


@given(strategies.texts, any_patterns)
def test_single_matches_over_several_lines_are_cut_at_their_ends(text: bytes, pattern: str) -> None:
    """The pieces of a match joined are the match, without its line feeds."""
    options = MatchOptions(multiline=True)
    found = searched(query_for(pattern, options, detail=Detail.MATCHES), [text])
    text = text.replace(b"\r\n", b"\n")
    pieces: list[tuple[int, int, str]] = []
    count = 0
    for start, end in oracle.spans_in(pattern, options, text):
        if start == len(text) and text[-1:] in (b"", b"\n"):
            break  # After the last line there is none.
        count += 1
        is_empty = start == end
        for piece in text[start:end].split(b"\n"):
            if piece or is_empty:
                pieces.append(
                    (text.count(b"\n", 0, start) + 1, start - text.rfind(b"\n", 0, start) - 1, piece.decode())
                )
            start += len(piece) + 1
    assert [(match.number, match.offset_bytes, match.text) for match in found.lines] == pieces
    assert found.count == count


@given(strategies.odd_texts, any_patterns, st.booleans(), windows_or_none)
def test_counts_are_those_of_the_lines(text: bytes, pattern: str, multiline: bool, window: int) -> None:
    """A query that asks for less finds the same."""
    options = MatchOptions(multiline=multiline)
    lines = searched(query_for(pattern, options, text=True), [text], window)
    assert searched(query_for(pattern, options, detail=Detail.COUNTS), [text], window).count == lines.count
    gists = searched(query_for(pattern, options, detail=Detail.GISTS), [text], window)
    assert (gists.count > 0) == (lines.count > 0)


@given(strategies.odd_texts, strategies.patterns, contexts, contexts, st.booleans())
@example(b"\n\na\n\n\nb", "a|b", 2, 2, False)
def test_context_is_the_neighbouring_lines(text: bytes, pattern: str, before: int, after: int, invert: bool) -> None:
    """Each line is reported with as many lines around it as there are, whatever they contain."""
    text = b"t" + text.replace(b"\0", b"")
    query = query_for(pattern, context_before=before, context_after=after, invert=invert)
    shown = [line.decode(errors="replace") for line in oracle.lines_of(text.replace(b"\r\n", b"\n"))]
    for line in searched(query, [text]).lines:
        at = line.number - 1
        assert line.before == tuple(map(ContextLine, shown[max(0, at - before) : at]))
        assert line.after == tuple(map(ContextLine, shown[at + 1 : at + 1 + after]))


@given(st.data(), strategies.texts, strategies.patterns, windows_of_any_size, contexts)
def test_context_does_not_change_what_is_found(
    data: st.DataObject, text: bytes, pattern: str, window: int, context: int
) -> None:
    """Asking for context adds it to the same lines."""
    plain = searched(query_for(pattern), [text], window)
    chunks = data.draw(strategies.cut(text))
    around = searched(query_for(pattern, context_before=context, context_after=context), chunks, window)
    assert around.marked == plain.marked


@given(strategies.texts, strategies.line_crossing_patterns)
def test_multiline_reports_every_line_that_a_match_touches(text: bytes, pattern: str) -> None:
    """A file that fits the window is searched exactly; the count is that of the matches."""
    options = MatchOptions(multiline=True)
    found = searched(query_for(pattern, options), [text])
    text = text.replace(b"\r\n", b"\n")
    touched: set[int] = set()
    count = 0
    for start, end in oracle.spans_in(pattern, options, text):
        if start == len(text) and text[-1:] in (b"", b"\n"):
            break  # After the last line there is none.
        count += 1
        touched.update(range(text.count(b"\n", 0, start) + 1, text.count(b"\n", 0, max(start, end - 1)) + 2))
    assert found.numbers == sorted(touched)
    assert found.count == count


@given(strategies.texts, strategies.line_crossing_patterns, st.booleans(), windows_of_any_size)
def test_windows_find_every_match_no_longer_than_a_quarter_of_them(
    text: bytes, pattern: str, multiline: bool, window: int
) -> None:
    """Wherever it lies, and whatever the size of the file."""
    options = MatchOptions(multiline=multiline)
    text = text.replace(b"\r\n", b"\n")
    reported = set(searched(query_for(pattern, options), [text], window).numbers)
    short = {
        text.count(b"\n", 0, start) + 1
        for start, end in matcher_for(pattern, options).find(text, 0, len(text))
        if end - start <= window // 4 and (start < len(text) or text[-1:] not in (b"", b"\n"))
    }
    assert short <= reported


@given(
    strategies.short_lines,
    st.sampled_from(["a", "ab", r"a\nb", r"b\s?a", r"\bA", "(?i:a)$", r"\n"]),
    st.integers(64, 96),
    contexts,
    contexts,
    st.sampled_from([0, LOOKBEHIND_BYTES]),
)
@example(b"\n" * 46 + b"b\nab\na\n" + b"\n" * 20, r"b\s?a", 64, 0, 0, 0)  # Two matches meet in a line after a seam.
@example(b"\n" * 46 + b"b\nab\na\n" + b"\n" * 20, r"b\s?a", 64, 0, 0, 48 * 50)
def test_windows_do_not_change_short_lines_and_matches(
    text: bytes, pattern: str, window: int, before: int, after: int, skipped: int
) -> None:
    """Spans and context are those of the whole text, wherever windows are cut, and whatever is out of sight before."""
    text = b"-\n" * (skipped // 2) + text
    query = query_for(pattern, MatchOptions(multiline=True), context_before=before, context_after=after)
    assert searched(query, [text], window) == searched(query, [text])


@given(strategies.texts, strategies.patterns, windows_of_any_size, st.booleans())
def test_a_line_that_fits_the_window_is_searched_whole(text: bytes, pattern: str, window: int, invert: bool) -> None:
    """Windows change nothing about lines that are no longer than one."""
    assume(all(len(line) <= window for line in oracle.lines_of(text)))
    query = query_for(pattern, invert=invert)
    assert searched(query, [text], window) == searched(query, [text])


@given(strategies.odd_texts, strategies.patterns, windows_of_any_size)
@example(b"a\n\nb\n", "a", 96)
def test_every_line_either_matches_or_not(text: bytes, pattern: str, window: int) -> None:
    """Inverted, a search reports exactly the other lines, overlong ones included."""
    numbers = searched(query_for(pattern, text=True), [text], window).numbers
    others = searched(query_for(pattern, text=True, invert=True), [text], window).numbers
    count = len(oracle.lines_of(b"".join([text.removeprefix(b"\xef\xbb\xbf")])))
    assert sorted(numbers + others) == list(range(1, count + 1))


@given(strategies.odd_texts, strategies.patterns, st.integers(1, 5), contexts, contexts, st.booleans())
def test_a_limit_leaves_the_first_lines(
    text: bytes, pattern: str, limit: int, before: int, after: int, invert: bool
) -> None:
    """The lines within the limit are the same as without it."""
    wanted: dict[str, Any] = {"context_before": before, "context_after": after, "invert": invert, "text": True}
    every = searched(query_for(pattern, **wanted), [text])
    some = searched(query_for(pattern, max_lines=limit, **wanted), [text])
    assert some.lines == every.lines[:limit]
    assert some.count == min(every.count, limit)


@given(strategies.texts, strategies.patterns, st.integers(501, 700), st.integers(0, 700))
def test_excerpts_contain_the_match_and_are_short(text: bytes, pattern: str, left: int, right: int) -> None:
    """An excerpt of a matching line is at most 500 characters, cut around the match, and says where it was cut."""
    long = b"x" * left + text.replace(b"\n", b" ").replace(b"\r", b" ") + b"y" * right
    for line in searched(query_for(pattern), [long]).lines:
        assert len(line.text) <= 500
        assert line.truncated
        assert long[line.offset_bytes :].decode().startswith(line.text)
        assert line.cut_after == (len(long[line.offset_bytes :].decode()) > len(line.text))
        first, _ = line.spans[0]
        assert first <= 250
