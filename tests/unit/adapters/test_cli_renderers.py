"""How matches are printed."""

from __future__ import annotations

import io
import json

import pytest
from attrs import evolve

from gistsearch.adapters.cli.hyperlinks import LinkFormat
from gistsearch.adapters.cli.json_renderer import JsonLines
from gistsearch.adapters.cli.line_renderer import LineLayout, Lines
from gistsearch.adapters.cli.renderers import Counts, GistUrls, Renderer
from gistsearch.adapters.cli.statistics import Statistics
from gistsearch.adapters.cli.terminal import Style
from gistsearch.domain.events import ContextLine, Coverage, FileMatch, LineMatch, Progress, SearchEnded, SearchEvent
from gistsearch.domain.query import SearchQuery
from gistsearch.wire.events import begin, event_object
from tests.fakes import gist

COLOURED = Style(colour=True, safe=True)
HEADING = LineLayout(heading=True)


def found(name: str, *lines: LineMatch, description: str | None = None, **more: object) -> FileMatch:
    listed = evolve(gist("g", name), description=description)
    values: dict[str, object] = {"binary": False, "line_count": len(lines), **more}
    return FileMatch("octo", 0, listed, listed.files[0], lines, **values)  # pyright: ignore[reportArgumentType]


def line(number: int, text: str, *spans: tuple[int, int], **more: object) -> LineMatch:
    return LineMatch(number, text, spans, **more)  # pyright: ignore[reportArgumentType]


def context(*texts: str) -> tuple[ContextLine, ...]:
    return tuple(ContextLine(text) for text in texts)


def printed(layout: LineLayout, *events: SearchEvent, style: Style | None = None) -> list[str]:
    out = io.StringIO()
    renderer = Lines(out, style or Style(), layout)
    for event in events:
        renderer.handle(event)
    return out.getvalue().splitlines()


def test_each_line_names_its_place() -> None:
    """In a pipe: URL, file name, number, text."""
    assert printed(LineLayout(), found("a b", line(3, "text"))) == ["https://gist.example/g:a b:3:text"]


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (LineLayout(line_numbers=False), "https://gist.example/g:a:text"),
        (LineLayout(filenames=False), "3:text"),
        (LineLayout(filenames=False, line_numbers=False), "text"),
    ],
)
def test_names_and_numbers_can_be_left_out(layout: LineLayout, expected: str) -> None:
    """With `-N` and `-I`."""
    assert printed(layout, found("a", line(3, "text"))) == [expected]


def test_lines_stand_under_a_heading() -> None:
    """A file that returns after another one has its heading again."""
    a, b = found("a", line(1, "x")), found("b", line(2, "y"))
    assert printed(HEADING, a, b, a) == [
        *("https://gist.example/g  a", "1:x", ""),
        *("https://gist.example/g  b", "2:y", ""),
        *("https://gist.example/g  a", "1:x"),
    ]


def test_description_stands_once_cut_to_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the first heading of its gist, on one line."""
    monkeypatch.setenv("COLUMNS", "30")
    matches = [found(name, line(1, "x"), description="A description\nwith\tmore than 日本語") for name in "ab"]
    assert printed(HEADING, *matches) == [
        *("https://gist.example/g  a", "A description with more than…", "1:x", ""),
        *("https://gist.example/g  b", "1:x"),
    ]


def test_long_file_name_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heading that does not fit the terminal breaks between URL and name."""
    monkeypatch.setenv("COLUMNS", "30")
    assert printed(HEADING, found("very-long-name.py", line(1, "x")))[:2] == [
        "https://gist.example/g",
        "  very-long-name.py",
    ]


def test_matches_are_coloured_and_controls_spelled_out() -> None:
    """The only escape sequences are ours."""
    match = found("\x07", line(7, "a\x1bb\x1bc", (1, 3)), description="d\x1b[5m")
    assert printed(HEADING, match, style=COLOURED) == [
        "\x1b[35mhttps://gist.example/g\x1b[0m  \x1b[35m\\x07\x1b[0m",
        "\x1b[2md\\x1b[5m\x1b[0m",
        "\x1b[32m7\x1b[0m:a\x1b[1;31m\\x1bb\x1b[0m\\x1bc",
    ]


def test_numbers_are_links() -> None:
    """Also those of lines around a match."""
    layout = LineLayout(filenames=False, context=True, links=LinkFormat("u{line}"))
    lines = printed(layout, found("f", line(2, "x", before=context("w"))), style=COLOURED)
    assert lines == [
        "\x1b]8;;u1\x1b\\\x1b[32m1\x1b[0m\x1b]8;;\x1b\\-w",
        "\x1b]8;;u2\x1b\\\x1b[32m2\x1b[0m\x1b]8;;\x1b\\:x",
    ]


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ({}, "text"),
        ({"offset_bytes": 9, "cut_before": True}, "[…]text"),
        ({"cut_after": True}, "text[…]"),
        ({"offset_bytes": 9, "cut_before": True, "cut_after": True}, "[…]text[…]"),
    ],
)
def test_cut_is_marked_on_its_side(cut: dict[str, object], expected: str) -> None:
    """Before the text, after it, or both."""
    assert printed(LineLayout(filenames=False), found("f", line(1, "text", **cut))) == [f"1:{expected}"]


def test_single_match_is_not_cut_where_it_begins() -> None:
    """With `-o`, its place in the line is no cut; its end may be one."""
    match = found("f", line(1, "text", offset_bytes=9), line(1, "long", offset_bytes=20, cut_after=True))
    assert printed(LineLayout(filenames=False), match) == ["1:text", "1:long[…]"]


def test_line_around_a_match_that_was_cut_says_so() -> None:
    """It is cut at its end only."""
    match = found("f", line(2, "x", before=(ContextLine("w", truncated=True),)))
    assert printed(LineLayout(filenames=False, context=True), match) == ["1-w[…]", "2:x"]


def test_overlapping_context_is_printed_once() -> None:
    """As ripgrep merges it; a gap is marked."""
    lines = [
        line(2, "two", before=context("one"), after=context("three", "four")),
        line(4, "four", before=context("two", "three"), after=context("five")),
        line(9, "nine", before=context("eight")),
    ]
    assert printed(LineLayout(filenames=False, context=True), found("f", *lines)) == [
        *("1-one", "2:two", "3-three", "4:four", "5-five", "--", "8-eight", "9:nine"),
    ]


def test_files_with_context_are_kept_apart() -> None:
    """By the mark of a gap, as in ripgrep."""
    layout = LineLayout(context=True)
    lines = printed(layout, found("a", line(1, "x")), found("b", line(1, "y")))
    assert lines == ["https://gist.example/g:a:1:x", "--", "https://gist.example/g:b:1:y"]


def test_lines_after_the_last_match_of_a_part_wait_for_the_next_part() -> None:
    """One of them may be a match."""
    first = found("f", line(1, "one", after=context("two", "three")), last=False)
    second = found("f", line(3, "three", before=context("one", "two")), part=1)
    assert printed(LineLayout(filenames=False, context=True), first, second) == ["1:one", "2-two", "3:three"]


def test_two_files_of_one_name_in_two_gists_are_two_files() -> None:
    """Context of one is not printed in the other."""
    first = found("f", line(1, "one", after=context("two")), last=False)
    other = evolve(found("f", line(5, "five")), position=1)
    end = found("f", part=1)
    assert printed(LineLayout(filenames=False, context=True), first, other, end) == [
        *("1:one", "--", "5:five", "--", "2-two"),
    ]


def test_binary_file_is_said_to_match_once() -> None:
    """Its lines are not printed; with `-a` they are, and nothing is said."""
    parts = [found("f", binary=True, line_count=1, last=False), found("f", binary=True, line_count=1, part=1)]
    assert printed(LineLayout(), *parts) == ["https://gist.example/g:f: binary file matches"]
    assert printed(HEADING, *parts)[1:] == ["binary file matches"]
    assert printed(LineLayout(text=True, filenames=False), found("f", line(1, "\0"), binary=True)) == ["1:\0"]


def test_file_that_turns_out_to_be_binary_has_its_first_lines() -> None:
    """What was printed before the first NUL byte stays."""
    parts = [found("f", line(1, "x"), last=False), found("f", binary=True, line_count=1, part=1)]
    assert printed(LineLayout(filenames=False), *parts) == ["1:x", "binary file matches"]


def run(renderer: Renderer, out: io.StringIO, *events: SearchEvent) -> str:
    for event in events:
        renderer.handle(event)
    return out.getvalue()


def test_gist_is_named_once() -> None:
    """However many of its files match."""
    out = io.StringIO()
    events = [found("a"), found("b"), Progress(1, 1, 2, 2, 0, listed=True)]
    assert run(GistUrls(out, Style()), out, *events) == "https://gist.example/g\n"


@pytest.mark.parametrize(
    ("filenames", "of_matches", "expected"),
    [(True, False, "https://gist.example/g:f:5\n"), (False, False, "5\n"), (False, True, "7\n")],
)
def test_parts_of_a_file_are_counted_together(filenames: bool, of_matches: bool, expected: str) -> None:
    """Lines, or matches. Nothing is printed for a file without any."""
    out = io.StringIO()
    parts = [
        found("f", line_count=2, match_count=3, last=False),
        found("f", line_count=3, match_count=4, part=1),
    ]
    counts = Counts(out, Style(), filenames=filenames, of_matches=of_matches)
    assert run(counts, out, *parts, found("none", line_count=0)) == expected


def test_json_is_the_published_form() -> None:
    """An object a line, the first for the beginning; on a terminal with controls spelled out."""
    query = SearchQuery(("octo",), "x")
    match = found("f\x9b", line(1, "\u202ex"))
    for style in (Style(), Style(safe=True)):
        out = io.StringIO()
        text = run(JsonLines(out, style, begin(query)), out, match)
        values = [json.loads(row) for row in text.splitlines()]
        assert values == json.loads(json.dumps([begin(query), event_object(match)]))
        assert ("\x9b" in text) == (not style.safe)


def test_statistics_count_what_was_found_and_searched() -> None:
    """One count a line, with the noun in its number."""
    coverage = Coverage(
        complete=False,
        gists=1,
        files=1_203,
        searched=1_200,
        skipped=2,
        not_needed=1,
        bytes=1,
        downloaded_bytes=1,
        from_store=3,
        matched_lines=4,
        duration_s=1.5,
    )
    out = io.StringIO()
    ended = SearchEnded(coverage)
    assert run(Statistics(out), out, found("a", last=False), found("a", part=1), ended).splitlines() == [
        "",
        "4 matched lines",
        "1 file with matches",
        "1,200 files of 1 gist searched",
        "1 file not needed: its gist had matched already",
        "2 files or parts of listings skipped",
        "3 files from the store",
        "1 byte searched, 1 downloaded",
        "1.500 seconds",
    ]
