"""What a search reports about gists, files, failures and time."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain import search_run
from gistsearch.domain.events import (
    Coverage,
    FileMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    WarningType,
)
from gistsearch.domain.matching import file_search
from gistsearch.domain.query import Detail, Order, SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ForbiddenOrigin,
    IntegrityMismatch,
    ListingPage,
    LoginRequired,
    MalformedRecord,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
    Unreadable,
)
from gistsearch.ports.matching import InvalidPattern, Matcher, MatcherCompiler, MatchOptions
from tests.fakes import Content, InlineExecutor, ScriptedSource, gist


def query(pattern: str = "needle", *usernames: str, **more: Any) -> SearchQuery:
    return SearchQuery(usernames=usernames or ("octo",), pattern=pattern, **more)


def run(source: ScriptedSource, asked: SearchQuery, executor: Executor | None = None, **more: Any) -> list[SearchEvent]:
    return list(SearchGists(source, Re2Compiler(), executor or InlineExecutor(), **more).run(asked))


def matches(events: list[SearchEvent]) -> list[FileMatch]:
    return [event for event in events if isinstance(event, FileMatch)]


def skipped(events: list[SearchEvent]) -> list[Skipped]:
    return [event for event in events if isinstance(event, Skipped)]


def coverage(events: list[SearchEvent]) -> Coverage:
    assert isinstance(events[-1], SearchEnded)
    return events[-1].coverage


def test_matching_files_are_reported_with_their_gist_and_its_position() -> None:
    """A match names the user, the gist, the position of the gist in the listing, and the file."""
    source = ScriptedSource(
        {"octo": [gist("new", "a.py", "b.py"), gist("old", "c.py")]}, {"b.py": b"x\nneedle\n", "c.py": b"needle"}
    )
    events = run(source, query())
    reported = [(m.username, m.position, m.gist.id, m.file.filename, m.lines[0].number) for m in matches(events)]
    assert reported == [("octo", 0, "new", "b.py", 2), ("octo", 1, "old", "c.py", 1)]
    ended = coverage(events)
    assert (ended.complete, ended.gists, ended.files, ended.searched, ended.skipped) == (True, 2, 3, 3, 0)
    assert ended.bytes == len(b"x\nneedle\n") + len(b"needle")
    assert isinstance(events[-1], SearchEnded)
    assert events[-1].stopped_by is None
    assert sorted(source.closed) == sorted(source.opened)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SourceUnavailable("down"), SkipReason.DOWNLOAD_FAILED),
        (IntegrityMismatch("other bytes"), SkipReason.INTEGRITY_MISMATCH),
        (ForbiddenOrigin("elsewhere"), SkipReason.FORBIDDEN_ORIGIN),
        (SourceRateLimited("wait", 60.0, datetime.now(UTC)), SkipReason.RATE_LIMITED),
        (AccessForbidden("blocked"), SkipReason.FORBIDDEN),
        (LoginRequired("private"), SkipReason.LOGIN_REQUIRED),
        (ContentGone("gone"), SkipReason.GONE),
        (DeadlineExceeded("late"), SkipReason.DEADLINE),
    ],
)
@pytest.mark.parametrize("before", [b"", b"needle\n" * 3])
def test_a_failed_file_is_skipped_with_its_reason(error: SourceError, reason: SkipReason, before: bytes) -> None:
    """Every file is either searched or skipped with a reason. What was found before the failure is not reported."""
    source = ScriptedSource({"octo": [gist("g", "bad", "good")]}, {"bad": [before, error], "good": b"needle"})
    events = run(source, query())
    assert [m.file.filename for m in matches(events)] == ["good"]
    assert [(s.reason, s.detail, s.file and s.file.filename) for s in skipped(events)] == [(reason, str(error), "bad")]
    assert not coverage(events).complete


def test_an_early_match_is_verified_once_all_bytes_are_there() -> None:
    """A search that stops at the first match still verifies the file if nothing more has to be read for it."""
    content = b"needle and more"
    source = ScriptedSource({"octo": [gist("g", "f", size=len(content))]}, {"f": [content, IntegrityMismatch("no")]})
    events = run(source, query(detail=Detail.GISTS))
    assert matches(events) == []
    assert [s.reason for s in skipped(events)] == [SkipReason.INTEGRITY_MISMATCH]


def test_the_search_of_a_file_stops_at_its_first_match_if_the_query_asks_for_gists() -> None:
    """Nothing after the first match is read, and the file is closed."""

    def content(_: Deadline) -> Iterator[bytes]:
        yield b"needle\n" * 100_000
        raise AssertionError("read on")

    source = ScriptedSource({"octo": [gist("g", "f", size=10_000_000)]}, {"f": content})
    assert len(matches(run(source, query(detail=Detail.GISTS)))) == 1
    assert source.closed == source.opened


def test_an_early_match_is_verified_by_the_step_after_the_last_byte() -> None:
    """Once the whole content is there, the generator is run to its end: that is when the source reports a mismatch."""
    block = b"needle\n" * 40_000
    contents: dict[str, Content] = {"f": [block, b"", IntegrityMismatch("wrong bytes")]}
    events = run(ScriptedSource({"octo": [gist("g", "f", size=len(block))]}, contents), query(detail=Detail.GISTS))
    assert matches(events) == []
    assert [s.reason for s in skipped(events)] == [SkipReason.INTEGRITY_MISMATCH]


def test_a_gist_that_matched_needs_no_more_files() -> None:
    """If the query asks for gists, the other files are not searched, and counted as not needed."""
    source = ScriptedSource({"octo": [gist("g", "a", "b", "c"), gist("h", "d")]}, {"a": b"needle", "d": b"needle"})
    events = run(source, query(detail=Detail.GISTS), concurrency=1)
    assert [m.file.filename for m in matches(events)] == ["a", "d"]
    ended = coverage(events)
    assert (ended.complete, ended.files, ended.searched, ended.not_needed) == (True, 4, 2, 2)
    assert len(source.opened) == 2


def test_a_file_that_is_not_needed_any_more_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when the search ends."""
    monkeypatch.setattr(file_search, "STEP_S", 0.0)
    closed: list[str] = []

    def endless(_: Deadline) -> Iterator[bytes]:
        while True:
            yield b"nothing\n"

    def last(_: Deadline) -> Iterator[bytes]:
        closed.extend(source.closed)
        yield b""

    contents: dict[str, Content] = {"endless": endless, "match": b"needle", "last": last}
    source = ScriptedSource({"octo": [gist("g", "endless", "match"), gist("h", "next", "last")]}, contents)
    run(source, query(detail=Detail.GISTS), concurrency=2)
    assert "memory:g/endless" in closed


def test_an_unknown_user_is_a_failed_listing() -> None:
    """The other users are searched all the same."""
    events = run(
        ScriptedSource({"octo": [gist("g", "f")]}, {"f": b"needle"}), query("needle", "nobody", "octo", "octo")
    )
    failed = [event for event in events if isinstance(event, ListingFailed)]
    assert [(event.username, type(event.error)) for event in failed] == [("nobody", UnknownUser)]
    assert len(matches(events)) == 1
    assert not coverage(events).complete


def test_the_rest_of_a_listing_that_fails_is_skipped() -> None:
    """What was listed before is searched; that there is more is reported."""
    broken = SourceUnavailable("a page is broken")
    source = ScriptedSource(
        {"octo": [gist("g", "f"), broken], "more": [gist("h", "f"), gist("i"), broken]}, {"f": b"needle"}
    )
    events = run(source, query("needle", "octo", "more"))
    assert len(matches(events)) == 2
    assert [(s.username, s.gist, s.file, s.reason, s.detail) for s in skipped(events)] == [
        (username, None, None, SkipReason.DOWNLOAD_FAILED, f"the listing ended early, after {gists}: a page is broken")
        for username, gists in (("octo", "1 gist"), ("more", "2 gists"))
    ]


def test_a_truncated_file_list_is_reported() -> None:
    """The files that are listed are searched, and the gist is reported as incomplete."""
    incomplete = gist("g", "f", files_truncated=True)
    events = run(ScriptedSource({"octo": [incomplete]}, {"f": b"needle"}), query())
    assert len(matches(events)) == 1
    (missing,) = skipped(events)
    assert (missing.username, missing.gist, missing.file) == ("octo", incomplete, None)
    assert missing.reason is SkipReason.FILE_LIST_TRUNCATED
    assert "only the first 1 of its files" in missing.detail


def test_a_user_without_gists_is_searched_completely() -> None:
    """Having nothing to search is not a failure."""
    events = run(ScriptedSource({"octo": [gist("empty")]}), query())
    assert coverage(events).complete
    assert coverage(events).gists == 1


def test_very_many_lines_are_reported_in_parts() -> None:
    """Parts come in order, count every line once, and only the last is marked as such."""
    events = run(
        ScriptedSource({"octo": [gist("g", "f")]}, {"f": b"needle\n" * (2 * 250 + 100)}),
        query(),
    )
    reported = [(m.part, len(m.lines), m.line_count, m.last) for m in matches(events)]
    whole = 250, 250, False
    assert reported == [(0, *whole), (1, *whole), (2, 100, 100, True)]
    assert [line.number for m in matches(events) for line in m.lines] == list(range(1, 2 * 250 + 101))


def test_lines_of_a_binary_file_are_counted_not_shown() -> None:
    """A file with NUL bytes is searched like any other and reported as binary, its lines not shown."""
    events = run(
        ScriptedSource({"octo": [gist("g", "f")]}, {"f": b"needle\n\0needle\n"}),
        query(),
    )
    assert [(m.binary, m.lines, m.line_count) for m in matches(events)] == [(True, (), 2)]


def test_multiline_reaches_the_files() -> None:
    """The options of the query are those of the search."""
    source = ScriptedSource({"octo": [gist("g", "f"), gist("h", "long")]})
    source.contents |= {"f": b"BEGIN\nx\nEND\n", "long": b"BEGIN\n" + b"x\n" * 20_000 + b"END\n"}
    asked = query("(?s)BEGIN.*END", options=MatchOptions(multiline=True))
    first, *_ = matches(run(source, asked))
    assert [line.number for line in first.lines] == [1, 2, 3]
    counts = matches(run(source, evolve(asked, detail=Detail.COUNTS)))
    assert sum(match.line_count for match in counts) == 2


def test_a_bad_pattern_is_refused_before_the_source_is_asked() -> None:
    """The error is raised at once, not by the first event."""
    source = ScriptedSource({})
    with pytest.raises(InvalidPattern):
        SearchGists(source, Re2Compiler(), InlineExecutor()).run(query("("))
    assert source.opened == []


@pytest.mark.parametrize(("concurrency", "window_bytes"), [(0, 65_536), (1, 100)])
def test_a_search_refuses_impossible_settings(concurrency: int, window_bytes: int) -> None:
    """Concurrency and window have a lower bound."""
    with pytest.raises(ValueError, match="at least"):
        SearchGists(
            ScriptedSource({}), Re2Compiler(), InlineExecutor(), concurrency=concurrency, window_bytes=window_bytes
        )


def test_progress_ends_with_everything_done() -> None:
    """The last progress says that all is known and done."""
    events = run(ScriptedSource({"octo": [gist("g", "a", "b"), gist("h")]}), query())
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress[-1] == Progress(gists_known=2, gists_done=2, files_known=2, files_done=2, bytes=0, listed=True)


def test_progress_is_reported_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after each step, however many there are."""
    now = 0.0

    def slow(_: Deadline) -> Iterator[bytes]:
        nonlocal now
        now += 0.2
        yield b""

    monkeypatch.setattr(search_run, "time", SimpleNamespace(monotonic=lambda: now))
    contents: dict[str, Content] = {"slow": slow, **{f"{number}": b"" for number in range(50)}, "slow too": slow}
    events = run(ScriptedSource({"octo": [gist("g", *contents)]}, contents), query(), concurrency=1)
    progress = [event for event in events if isinstance(event, Progress)]
    assert (len(progress), progress[-1].files_done) == (3, 52)


def test_never_more_files_at_once_than_allowed() -> None:
    """Concurrency bounds the files of one search, and is used."""
    lock, here, most = threading.Lock(), 0, 0
    full = threading.Barrier(3, timeout=10)

    def content(_: Deadline) -> Iterator[bytes]:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        full.wait()
        with lock:
            here -= 1
        yield b""

    names = [f"f{number}" for number in range(12)]
    with ThreadPoolExecutor(10) as executor:
        run(
            ScriptedSource({"octo": [gist("g", *names)]}, dict.fromkeys(names, content)),
            query(),
            executor,
            concurrency=3,
        )
    assert most == 3


def test_searches_share_the_files_that_may_be_open() -> None:
    """Evenly, and what one of them no longer needs is left to the others."""
    names = [f"{number}" for number in range(20)]

    def endless(_: Deadline) -> Iterator[bytes]:
        while True:
            yield b"needle\n" * 1_000

    source = ScriptedSource({"octo": [gist("g", *names)]}, dict.fromkeys(names, endless))

    def open_files() -> int:
        return len(source.opened) - len(source.closed)

    search = SearchGists(source, Re2Compiler(), InlineExecutor(), concurrency=7)
    runs = [search.run(query()) for _ in range(3)]
    opened: list[int] = []
    for events in runs:
        next(event for event in events if isinstance(event, FileMatch))
        opened.append(open_files())
    assert opened == [7, 10, 12]  # seven, three and two each
    for events in runs[:2]:
        events.close()
    while open_files() < 7:
        next(runs[2])
    runs[2].close()
    assert open_files() == 0


def test_a_search_opens_thirty_two_files_unless_told_otherwise() -> None:
    names = [f"{number}" for number in range(50)]
    source = ScriptedSource({"octo": [gist("g", *names)]}, dict.fromkeys(names, b"needle\n" * 1_000))
    events = SearchGists(source, Re2Compiler(), InlineExecutor()).run(query())
    next(event for event in events if isinstance(event, FileMatch))
    assert len(source.opened) == 32
    events.close()


def _endless(deadline: Deadline) -> Iterator[bytes]:
    yield b"needle\n"
    while True:
        deadline.sleep(0.01)
        yield b"nothing\n"


def test_what_is_not_done_by_the_deadline_is_reported() -> None:
    """At the deadline everything unfinished is skipped, and every file is closed."""
    names = ["quick", *(f"slow{number}" for number in range(5))]
    contents: dict[str, Content] = {"quick": [b"needle"], **dict.fromkeys(names[1:], _endless)}
    source = ScriptedSource({"octo": [gist("g", *names)]}, contents)
    with ThreadPoolExecutor(4) as executor:
        events = run(source, query(timeout_s=0.3), executor, concurrency=3)
    assert [m.file.filename for m in matches(events)] == ["quick"]
    assert {(s.reason, s.file and s.file.filename) for s in skipped(events)} == {
        (SkipReason.DEADLINE, name) for name in names[1:]
    }
    assert coverage(events).skipped == 5
    assert sorted(source.closed) == sorted(source.opened)


def test_a_source_that_ignores_the_deadline_does_not_hold_up_the_answer() -> None:
    """The search ends at its deadline and reports what it did not get."""
    hangs = threading.Event()

    class Deaf(ScriptedSource):
        def list_pages(
            self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
        ) -> Generator[ListingPage, None, None]:
            yield from super().list_pages(username, deadline)
            hangs.wait()

    def deaf(_: Deadline) -> Iterator[bytes]:
        yield b"needle"
        hangs.wait()

    source = Deaf({"octo": [], "more": [gist("g", "f", "quick")]}, {"f": deaf, "quick": b"needle"})
    with ThreadPoolExecutor(4) as executor:
        try:
            asked = query("needle$", "octo", "more", timeout_s=0.2)
            events = run(source, asked, executor)
        finally:
            hangs.set()
    assert [m.file.filename for m in matches(events)] == ["quick"]
    assert [event.username for event in events if isinstance(event, ListingFailed)] == ["octo"]
    assert {(s.username, s.file and s.file.filename, s.reason) for s in skipped(events)} == {
        ("more", None, SkipReason.DEADLINE),
        ("more", "f", SkipReason.DEADLINE),
    }
    assert not coverage(events).complete


def test_a_search_without_threads_ends_at_its_deadline() -> None:
    """Files that have not begun are reported, not opened."""

    def content(deadline: Deadline) -> Iterator[bytes]:
        yield b"needle"
        deadline.cancel()

    names = [f"f{number}" for number in range(5)]
    source = ScriptedSource({"octo": [gist("g", *names)]}, dict.fromkeys(names, content))
    events = run(source, query(timeout_s=60))
    stopped = SkipReason.DEADLINE, "the search was stopped before it was complete"
    assert [(s.reason, s.detail) for s in skipped(events)] == [stopped] * len(names)
    assert len(source.opened) == 1


def test_a_part_found_at_the_last_moment_is_reported_and_the_rest_is_skipped() -> None:
    """A file that the deadline cuts between two parts never counts as searched."""
    deadlines: list[Deadline] = []

    def content(deadline: Deadline) -> Iterator[bytes]:
        deadlines.append(deadline)
        yield b"needle\n" * (250 + 1)

    class UntilTheLastMoment(Matcher, MatcherCompiler):
        """Finds 250 lines, and then the time is up."""

        def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
            return self

        def find(self, buffer: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
            for line in range(250):
                if line == 250 - 1:
                    deadlines[0].cancel()
                yield 7 * line, 7 * line + 6

    source = ScriptedSource({"octo": [gist("g", "f")]}, {"f": content})
    search = SearchGists(source, UntilTheLastMoment(), InlineExecutor())
    events = list(search.run(query()))
    assert sum(m.line_count for m in matches(events)) == 250
    assert [s.reason for s in skipped(events)] == [SkipReason.DEADLINE]
    assert coverage(events).searched == 0
    assert source.closed == source.opened


def test_a_listing_that_outlasts_the_deadline_fails() -> None:
    """A user of whom nothing was listed by then has failed; of a listing that began, the rest is skipped."""

    class SlowListing(ScriptedSource):
        def list_pages(
            self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
        ) -> Generator[ListingPage, None, None]:
            yield from super().list_pages(username, deadline)
            deadline.sleep(30)

    slow = SlowListing({"octo": [], "more": [gist("g", "f")]})
    with ThreadPoolExecutor(4) as executor:
        events = run(slow, query("needle", "octo", "more", timeout_s=1.0), executor)
    assert [type(event.error) for event in events if isinstance(event, ListingFailed)] == [DeadlineExceeded]
    assert [(s.username, s.gist, s.reason) for s in skipped(events)] == [("more", None, SkipReason.DEADLINE)]


def test_closing_the_generator_stops_everything_below() -> None:
    """The consumer may leave at any time; the files are closed."""
    names = [f"slow{number}" for number in range(6)]
    source = ScriptedSource(
        {"octo": [gist("g", "quick", *names)]}, {"quick": b"needle", **dict.fromkeys(names, _endless)}
    )
    with ThreadPoolExecutor(4) as executor:
        events = SearchGists(source, Re2Compiler(), executor, concurrency=3).run(query())
        assert any(isinstance(event, FileMatch) for event in events)
        events.close()
    assert sorted(source.closed) == sorted(source.opened)


@pytest.mark.parametrize("make_executor", [InlineExecutor, lambda: ThreadPoolExecutor(6)])
def test_closing_also_closes_files_that_wait_for_their_next_step(make_executor: Callable[[], Executor]) -> None:
    """Immediately, not when the garbage collector runs."""
    names = [f"f{number}" for number in range(6)]
    contents = dict.fromkeys(names, b"needle\n" * 10 * 250)
    source = ScriptedSource({"octo": [gist("g", *names)]}, {**contents})
    gc.disable()
    try:
        with make_executor() as executor:
            events = SearchGists(source, Re2Compiler(), executor).run(query())
            assert any(isinstance(event, FileMatch) for event in events)
            while len(source.opened) < len(names):
                time.sleep(0.001)
            events.close()
            del events
        assert sorted(source.closed) == sorted(source.opened)
    finally:
        gc.enable()


def test_an_executor_that_is_shut_down_ends_the_search() -> None:
    """The search does not wait for steps that will never run."""
    busy = threading.Event()
    executor = ThreadPoolExecutor(1)
    executor.submit(busy.wait)
    events = SearchGists(ScriptedSource({"octo": []}), Re2Compiler(), executor).run(query())
    threading.Timer(0.05, lambda: (executor.shutdown(wait=False, cancel_futures=True), busy.set())).start()
    with pytest.raises(RuntimeError, match="shut down"):
        list(events)


def test_a_search_does_not_keep_others_waiting_until_it_is_done() -> None:
    """The steps of all searches share the executor, so a small search gets its turn between those of a large one."""

    def slow(deadline: Deadline) -> Iterator[bytes]:
        deadline.sleep(0.2)
        yield b"nothing"

    names = [f"f{number}" for number in range(10)]
    source = ScriptedSource({"big": [gist("g", *names)], "small": [gist("h", "f")]}, dict.fromkeys(names, slow))
    with ThreadPoolExecutor(2) as executor:
        search = SearchGists(source, Re2Compiler(), executor, concurrency=2)
        big, done_first = search.run(query("needle", "big")), False
        for event in big:
            if isinstance(event, Progress) and not done_first:
                list(search.run(query("needle", "small")))
                done_first = len(source.opened) < len(names)
        assert done_first


def test_a_file_is_read_no_further_than_its_parts_are_taken() -> None:
    """So memory does not grow with the number of matches."""
    read = 0

    def content(_: Deadline) -> Iterator[bytes]:
        nonlocal read
        for _chunk in range(1_000):
            read += 1
            yield b"needle\n" * 20_000

    source = ScriptedSource({"octo": [gist("g", "f")]}, {"f": content})
    with ThreadPoolExecutor(2) as executor:
        asked = query()
        events = SearchGists(source, Re2Compiler(), executor).run(asked)
        taken = 0
        for event in events:
            taken += isinstance(event, FileMatch)
            if taken == 5:
                break
        assert read < 10
        events.close()
    assert source.closed == source.opened


def test_no_more_files_are_opened_than_results_are_taken() -> None:
    """So memory does not grow with the number of matching files."""
    names = [f"f{number}" for number in range(500)]
    source = ScriptedSource({"octo": [gist("g", *names)]}, dict.fromkeys(names, b"needle"))
    with ThreadPoolExecutor(8) as executor:
        events = SearchGists(source, Re2Compiler(), executor, concurrency=8).run(query(max_lines=1))
        found = 0
        for event in events:
            found += isinstance(event, FileMatch)
            assert len(source.opened) <= found + 8
    assert found == len(names)


def test_a_bug_in_an_adapter_is_raised_not_swallowed() -> None:
    """An error that the port does not allow ends the search and reaches the consumer."""
    source = ScriptedSource({"octo": [gist("g", "f")]}, {"f": [ZeroDivisionError("bug")]})
    with pytest.raises(ZeroDivisionError):
        run(source, query())


def test_without_threads_and_with_many_the_same_is_found() -> None:
    """The use case runs on anything that implements the executor interface."""
    names = [f"f{number}" for number in range(40)]
    contents = {name: b"needle\n" * (number % 3) for number, name in enumerate(names)}
    reported: list[list[tuple[str, int]]] = []
    with ThreadPoolExecutor(8) as threads:
        for executor in (InlineExecutor(), threads):
            source = ScriptedSource({"octo": [gist(name, name) for name in names]}, dict(contents))
            found = matches(run(source, query(), executor))
            reported.append(sorted((m.file.filename, m.line_count) for m in found))
    assert reported[0] == reported[1]
    assert len(reported[0]) == 26


def test_an_unreadable_record_is_skipped_and_named() -> None:
    """The other records of its page are searched, and so are the pages after it."""
    page = ListingPage((gist("g", "a"),), (Unreadable("gist 2", MalformedRecord("`files` is null")),))
    source = ScriptedSource({"octo": [page, gist("h", "b")]}, {"a": b"needle", "b": b"needle"})
    events = run(source, query())
    assert [m.file.filename for m in matches(events)] == ["a", "b"]
    assert [(s.reason, s.detail) for s in skipped(events)] == [(SkipReason.MALFORMED_RECORD, "gist 2: `files` is null")]
    assert not coverage(events).complete


def test_a_gist_that_moves_to_the_next_page_is_searched_once() -> None:
    """New gists shift the pages while a listing is walked."""
    source = ScriptedSource({"octo": [gist("g", "f"), gist("g", "f"), gist("h", "f")]}, {"f": b"needle"})
    events = run(source, query())
    assert [(m.gist.id, m.position) for m in matches(events)] == [("g", 0), ("h", 1)]
    assert coverage(events).gists == 2


def test_a_gist_is_reported_once_if_the_query_asks_for_gists() -> None:
    """Files that were open when another one matched end without a report, even if they fail."""
    both = threading.Barrier(3, timeout=10)

    def match(_: Deadline) -> Iterator[bytes]:
        both.wait()
        yield b"needle"

    def fail(_: Deadline) -> Iterator[bytes]:
        both.wait()
        time.sleep(0.2)
        raise ContentGone("gone")
        yield

    def go_on(deadline: Deadline) -> Iterator[bytes]:
        both.wait()
        yield from _endless(deadline)

    contents: dict[str, Content] = {"match": match, "fail": fail, "go on": go_on}
    source = ScriptedSource({"octo": [gist("g", *contents)]}, contents)
    with ThreadPoolExecutor(3) as executor:
        events = run(source, query("^needle$", detail=Detail.GISTS), executor)
    assert len(matches(events)) == 1
    assert skipped(events) == []
    assert coverage(events).complete
    assert sorted(source.closed) == sorted(source.opened)


GONE = [ContentGone("gone")]


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("contents", [{"a": GONE, "b": b"needle"}, {"a": b"needle", "b": GONE}, {"a": GONE, "b": GONE}])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_file_that_fails_is_missing_only_if_its_gist_does_not_match(
    contents: dict[str, Content], concurrency: int, order: Order
) -> None:
    """If the query asks for gists, another file decides, whichever of them comes first."""
    source = ScriptedSource({"octo": [gist("g", "a", "none", "b"), gist("h", "c")]}, {**contents, "c": b"needle"})
    events = run(source, query(detail=Detail.GISTS, order=order), concurrency=concurrency)
    failed = [] if b"needle" in contents.values() else ["a", "b"]
    assert [m.gist.id for m in matches(events)] == (["h"] if failed else ["g", "h"])
    assert [s.file and s.file.filename for s in skipped(events)] == failed
    ended = coverage(events)
    assert (ended.complete, ended.skipped) == (not failed, len(failed))
    assert ended.searched + ended.not_needed + ended.skipped == 4
    *_, progress = (event for event in events if isinstance(event, Progress))
    assert (progress.files_done, progress.gists_done) == (4, 2)


@pytest.mark.parametrize("detail", [Detail.COUNTS, Detail.LINES, Detail.MATCHES])
def test_a_file_that_fails_is_reported_at_once_if_every_file_counts(detail: Detail) -> None:
    source = ScriptedSource({"octo": [gist("g", "a", "b")]}, {"a": GONE, "b": b"needle"})
    events = run(source, query(detail=detail), concurrency=1)
    assert [type(event) for event in events if isinstance(event, FileMatch | Skipped)] == [Skipped, FileMatch]


@pytest.mark.parametrize("matches_first", [True, False])
def test_the_deadline_decides_what_is_missing_of_a_gist_that_has_not_matched(matches_first: bool) -> None:
    """A file that failed before is reported then; if the gist has matched, nothing of it is missing."""
    contents: dict[str, Content] = {"a": GONE, "b": b"needle" if matches_first else b"", "slow": _endless}
    source = ScriptedSource({"octo": [gist("g", *contents), gist("h", "slow")]}, contents)
    with ThreadPoolExecutor(4) as executor:
        events = run(source, query("needle$", detail=Detail.GISTS, timeout_s=0.3), executor)
    missing = {(s.gist and s.gist.id, s.file and s.file.filename, s.reason) for s in skipped(events)}
    of_g = {("g", "a", SkipReason.GONE), ("g", "slow", SkipReason.DEADLINE)}
    assert missing == {("h", "slow", SkipReason.DEADLINE)} | (of_g if not matches_first else set())
    assert isinstance(events[-1], SearchEnded)
    assert events[-1].stopped_by is SkipReason.DEADLINE


def test_a_shutdown_reports_the_files_that_failed_before() -> None:
    source = ScriptedSource({"octo": [gist("g", "a", "slow")]}, {"a": GONE, "slow": _endless})
    with ThreadPoolExecutor(2) as executor:
        search = SearchGists(source, Re2Compiler(), executor)
        events: list[SearchEvent] = []
        for event in search.run(query(detail=Detail.GISTS)):
            events.append(event)
            if isinstance(event, Progress):
                search.shut_down()
    missing = [(s.file and s.file.filename, s.reason) for s in skipped(events)]
    assert missing == [("a", SkipReason.GONE), ("slow", SkipReason.SHUTDOWN)]


def test_files_are_reported_in_the_order_of_the_listing_if_the_query_asks_for_it() -> None:
    """User by user, gist by gist, file by file, however long each one takes; no more files are open than may be."""

    def slow(seconds: float, lines: int) -> Callable[[Deadline], Iterator[bytes]]:
        def content(_: Deadline) -> Iterator[bytes]:
            time.sleep(seconds)
            yield b"needle\n" * lines

        return content

    contents: dict[str, Content] = {"a": slow(0.1, 600), "b": b"needle", "c": slow(0.05, 1), "d": b"needle\n" * 300}
    listings: dict[str, Any] = {"octo": [gist("g", "a", "b"), gist("h", "c")], "more": [gist("i", "d", "a")]}
    source = ScriptedSource(listings, contents)
    with ThreadPoolExecutor(8) as executor:
        events = run(source, query("needle", "octo", "more", order=Order.LISTING), executor, concurrency=2)
    reported = [(m.gist.id, m.file.filename, m.part) for m in matches(events)]
    assert reported == [
        ("g", "a", 0),
        ("g", "a", 1),
        ("g", "a", 2),
        ("g", "b", 0),
        ("h", "c", 0),
        ("i", "d", 0),
        ("i", "d", 1),
        ("i", "a", 0),
        ("i", "a", 1),
        ("i", "a", 2),
    ]
    assert coverage(events).complete


def test_an_ordered_search_skips_files_that_are_not_needed() -> None:
    """A result that waits for a file which turns out not to be needed is reported."""
    source = ScriptedSource({"octo": [gist("g", "a", "b"), gist("h", "c")]}, dict.fromkeys("abc", b"needle"))
    events = run(source, query(detail=Detail.GISTS, order=Order.LISTING), concurrency=1)
    assert [m.file.filename for m in matches(events)] == ["a", "c"]
    assert coverage(events).not_needed == 1


def test_shutting_down_ends_running_searches_as_partial() -> None:
    """What they have not searched has the reason `shutdown`; a later search ends at once."""
    source = ScriptedSource({"octo": [gist("g", "quick", "slow")]}, {"quick": b"needle", "slow": _endless})
    with ThreadPoolExecutor(2) as executor:
        search = SearchGists(source, Re2Compiler(), executor)
        events: list[SearchEvent] = []
        for event in search.run(query("needle$")):
            events.append(event)
            if isinstance(event, FileMatch):
                search.shut_down()
        assert [(s.file and s.file.filename, s.reason) for s in skipped(events)] == [("slow", SkipReason.SHUTDOWN)]
        later = list(search.run(query()))
    assert [event.username for event in later if isinstance(event, ListingFailed)] == ["octo"]
    assert isinstance(later[-1], SearchEnded)
    assert later[-1].stopped_by is SkipReason.SHUTDOWN


def test_a_language_that_no_file_has_is_a_warning() -> None:
    """The result is complete, but the user may have meant another name."""
    source = ScriptedSource({"octo": [gist("g", "f")]}, {"f": b"needle"})
    events = run(source, query(languages=["Python", "Rust"]))
    assert [(w.type, "Rust" in w.detail) for w in events if isinstance(w, SearchWarning)] == [
        (WarningType.LANGUAGE_NOT_FOUND, True)
    ]
    assert coverage(events).complete
