"""The laws of the streaming matcher."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.results import EXCERPT_CHARACTERS, LineMatch
from gistsearch.domain.streaming import LineSearch
from gistsearch.domain.text import WINDOW_BYTES, line_windows, overlap_bytes, text_windows
from gistsearch.ports.matching import InvalidPattern, Matcher, MatchOptions
from tests.property import oracle, strategies

Told = tuple[list[LineMatch], int, bool]

windows_of_any_size = st.integers(8, 96)
contexts = st.integers(0, 3)


def search(
    matcher: Matcher,
    chunks: Iterable[bytes],
    options: MatchOptions,
    window_bytes: int = WINDOW_BYTES,
    *,
    kept: int | None = None,
    stop_after: int | None = None,
    before: int = 0,
    after: int = 0,
    all_spans: bool = True,
) -> Told:
    found = LineSearch(
        matcher,
        line_by_line=not options.multiline,
        kept=kept,
        stop_after=stop_after,
        all_spans=all_spans,
        context_before=before,
        context_after=after,
    )
    windows = (text_windows if options.multiline else line_windows)(chunks, window_bytes)
    lines = list(found.run(windows))
    return lines, found.count, found.binary


def matcher_for(pattern: str, options: MatchOptions) -> Matcher:
    try:
        return Re2Compiler().compile(pattern, options)
    except InvalidPattern:
        assume(False)
        raise


@given(
    st.data(),
    strategies.byte_order_marks,
    strategies.odd_texts,
    st.one_of(strategies.patterns, strategies.line_crossing_patterns),
    st.booleans(),
    st.one_of(windows_of_any_size, st.just(WINDOW_BYTES)),
    st.sampled_from([(0, 0, None), (3, 2, None), (0, 0, 1), (1, 1, 2)]),
)
def test_any_cut_into_chunks_gives_the_same_as_one_chunk(
    data: st.DataObject,
    mark: bytes,
    text: bytes,
    pattern: str,
    multiline: bool,
    window: int,
    wanted: tuple[int, int, int | None],
) -> None:
    """How the bytes were cut into chunks on the way never changes the result."""
    options = MatchOptions(multiline=multiline)
    matcher = matcher_for(pattern, options)
    chunks = data.draw(strategies.cut(mark + text))
    before, after, stop_after = wanted
    told = [
        search(matcher, cut, options, window, before=before, after=after, stop_after=stop_after)
        for cut in ([mark + text], chunks)
    ]
    assert told[0] == told[1]


@given(strategies.odd_texts.map(lambda text: b"t" + text.replace(b"\0", b"")), strategies.patterns, strategies.options)
def test_lines_are_those_in_which_re2_finds_the_pattern(text: bytes, pattern: str, options: MatchOptions) -> None:
    """Streaming agrees with RE2 over each line of the whole text."""
    if options.word:
        text = text.decode(errors="ignore").encode()  # A stray byte counts as a part of a word.
    lines, count, _ = search(matcher_for(pattern, options), [text], options)
    expected = oracle.matching_line_numbers(pattern, options, text)
    assert [line.number for line in lines] == expected
    assert count == len(expected)


@given(strategies.texts.map(lambda text: text.replace(b"\r", b"")), strategies.patterns, strategies.options)
def test_spans_are_those_of_re2_in_the_line(text: bytes, pattern: str, options: MatchOptions) -> None:
    """Spans are in range, ordered, disjoint, and slice back to what matched."""
    lines, _, _ = search(matcher_for(pattern, options), [text], options)
    whole = oracle.lines_of(text)
    for line in lines:
        raw = whole[line.number - 1]
        assert line.text.encode() == raw
        in_bytes = [(len(line.text[:start].encode()), len(line.text[:end].encode())) for start, end in line.spans]
        expected = list(oracle.spans_in(pattern, options, raw))
        if options.word:  # Behind a word of one character at the beginning of a line, one that touches it is not seen.
            in_bytes, expected = in_bytes[:1], expected[:1]
        assert in_bytes == expected


@given(strategies.texts, st.one_of(strategies.patterns, strategies.line_crossing_patterns), st.booleans())
def test_first_spans_alone_are_the_first_of_all(text: bytes, pattern: str, multiline: bool) -> None:
    """Asking for less of each line changes nothing about which lines match, or where first."""
    options = MatchOptions(multiline=multiline)
    matcher = matcher_for(pattern, options)
    every, count, _ = search(matcher, [text], options)
    firsts, counted, _ = search(matcher, [text], options, all_spans=False)
    assert firsts == [evolve(line, spans=line.spans[:1]) for line in every]
    assert counted == count


@given(strategies.odd_texts, strategies.patterns, contexts, contexts)
def test_context_is_the_neighbouring_lines(text: bytes, pattern: str, before: int, after: int) -> None:
    """Each match carries the lines around it, as many as there are, whatever they contain."""
    options = MatchOptions()
    text = b"t" + text.replace(b"\0", b"")
    lines, _, _ = search(matcher_for(pattern, options), [text], options, before=before, after=after)
    whole = [line.removesuffix(b"\r").decode(errors="replace") for line in oracle.lines_of(text)]
    if not text.endswith(b"\n"):
        whole[-1] = oracle.lines_of(text)[-1].decode(errors="replace")  # A carriage return alone ends no line.
    for line in lines:
        index = line.number - 1
        assert line.before == tuple(whole[max(0, index - before) : index])
        assert line.after == tuple(whole[index + 1 : index + 1 + after])


@given(strategies.texts, strategies.line_crossing_patterns)
def test_multiline_tells_every_line_that_a_match_touches(text: bytes, pattern: str) -> None:
    """A file that fits the window is searched exactly."""
    options = MatchOptions(multiline=True)
    assume("$" not in pattern or b"\r" not in text)  # RE2 alone knows no line end of two characters.
    lines, _, _ = search(matcher_for(pattern, options), [text], options)
    touched: set[int] = set()
    for start, end in oracle.spans_in(pattern, options, text):
        if start == len(text) and text[-1:] in (b"", b"\n"):
            break  # Behind the last line there is none.
        touched.update(range(text.count(b"\n", 0, start) + 1, text.count(b"\n", 0, max(start, end - 1)) + 2))
    assert [line.number for line in lines] == sorted(touched)


@given(strategies.texts, strategies.line_crossing_patterns, st.booleans(), windows_of_any_size)
def test_windows_find_every_match_no_longer_than_their_overlap(
    text: bytes, pattern: str, multiline: bool, window: int
) -> None:
    """A match no longer than the overlap is always found, whatever the size of the file."""
    options = MatchOptions(multiline=multiline)
    assume("$" not in pattern or b"\r" not in text)
    matcher = matcher_for(pattern, options)
    told = {line.number for line in search(matcher, [text], options, window)[0]}
    short = {
        text.count(b"\n", 0, start) + 1
        for start, end in matcher.find(text, 0, len(text))
        if end - start <= overlap_bytes(window) and (start < len(text) or text[-1:] not in (b"", b"\n"))
    }
    assert short <= told


@given(
    strategies.short_lines,
    st.sampled_from(["a", "ab", r"a\nb", r"b\s?a", r"\bA", "(?i:a)$", r"\n"]),
    st.integers(64, 96),
    contexts,
    contexts,
)
@example(b"\n" * 46 + b"b\nab\na\n" + b"\n" * 20, r"b\s?a", 64, 0, 0)  # Two matches meet in a line behind a seam.
def test_windows_change_nothing_about_short_lines_and_matches(
    text: bytes, pattern: str, window: int, before: int, after: int
) -> None:
    """Across lines, too, spans and context are those of the whole text, wherever windows were cut."""
    options = MatchOptions(multiline=True)
    matcher = matcher_for(pattern, options)
    whole = search(matcher, [text], options, before=before, after=after)
    assert search(matcher, [text], options, window, before=before, after=after) == whole


@given(strategies.texts, strategies.patterns, windows_of_any_size)
def test_a_line_that_fits_the_window_is_searched_whole(text: bytes, pattern: str, window: int) -> None:
    """Windows change nothing about lines that are no longer than one."""
    options = MatchOptions()
    assume(all(len(line) <= window for line in oracle.lines_of(text)))
    matcher = matcher_for(pattern, options)
    assert search(matcher, [text], options, window) == search(matcher, [text], options)


@given(strategies.odd_texts, strategies.patterns, st.integers(0, 4), st.integers(1, 5), contexts, contexts)
def test_less_is_the_beginning_of_all(
    text: bytes, pattern: str, kept: int, stop_after: int, before: int, after: int
) -> None:
    """Keeping or counting fewer lines changes nothing about those that are told."""
    options = MatchOptions()
    matcher = matcher_for(pattern, options)
    every, count, _ = search(matcher, [text], options, before=before, after=after)
    some, counted, _ = search(matcher, [text], options, kept=kept, stop_after=stop_after, before=before, after=after)
    assert some == every[: min(kept, stop_after)]
    assert counted == min(count, stop_after)


@given(strategies.texts, strategies.patterns, st.integers(501, 700), st.integers(0, 700))
def test_excerpts_hold_the_match_and_are_short(text: bytes, pattern: str, left: int, right: int) -> None:
    """An excerpt of a matching line is at most 500 characters, cut around the match, and says that it was cut."""
    options = MatchOptions()
    long = b"x" * left + text.replace(b"\n", b" ").replace(b"\r", b" ") + b"y" * right
    for line in search(matcher_for(pattern, options), [long], options)[0]:
        assert len(line.text) <= EXCERPT_CHARACTERS
        assert line.truncated
        assert line.text in long.decode()
        first, _ = line.spans[0]
        assert first <= EXCERPT_CHARACTERS // 2
