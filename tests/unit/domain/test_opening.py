"""Files of a source that multiplexes: opened by one call, searched there or by workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain import tasks
from gistsearch.domain.file_search import PART_LINES
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.results import FileMatch, SearchEnded, SearchEvent, Skipped, SkipReason
from gistsearch.domain.search import SearchGists
from gistsearch.ports.gists import ContentGone, Deadline, DeadlineExceeded, OpenedFile, W
from tests.unit.domain.fakes import Content, InlineExecutor, MultiplexingScriptedSource, gist

NAMES = [f"f{number}" for number in range(20)]


def source_of(*, late: tuple[str, ...] = (), content: Content = b"a\nneedle\n") -> MultiplexingScriptedSource:
    gists = [gist(name, name) for name in NAMES]
    return MultiplexingScriptedSource({"octo": [*gists]}, dict.fromkeys(NAMES, content), late=frozenset(late))


def run(source: MultiplexingScriptedSource, executor: Executor | None = None, **more: Any) -> list[SearchEvent]:
    asked = SearchQuery(usernames="octo", pattern="needle", **more)
    return list(SearchGists(source, Re2Compiler(), executor or InlineExecutor(), concurrency=4).run(asked))


def names(events: list[SearchEvent]) -> list[str]:
    return sorted(event.file.filename for event in events if isinstance(event, FileMatch))


def is_complete(events: list[SearchEvent]) -> bool:
    return isinstance(events[-1], SearchEnded) and events[-1].coverage.complete


def test_files_are_opened_in_the_order_of_the_listing() -> None:
    source = source_of()
    events = run(source)
    assert names(events) == sorted(NAMES)
    assert source.taken == NAMES
    assert sorted(source.opened) == sorted(source.closed)
    assert is_complete(events)


@pytest.mark.parametrize("executor", [InlineExecutor(), ThreadPoolExecutor(1), ThreadPoolExecutor(8)])
def test_what_is_not_at_hand_is_left_to_workers(executor: Executor) -> None:
    """It does not keep the others waiting, and each file is told once, whatever it ends in."""
    source = source_of(late=("f3", "f7"))
    source.contents["f7"] = [b"needle", ContentGone("gone")]
    events = run(source, executor)
    assert names(events) == sorted({*NAMES} - {"f7"})
    assert [event.reason for event in events if isinstance(event, Skipped)] == [SkipReason.GONE]
    assert isinstance(events[-1], SearchEnded)
    assert (events[-1].coverage.files, events[-1].coverage.searched) == (len(NAMES), len(NAMES) - 1)


def test_a_file_at_hand_that_ends_in_an_error_is_skipped() -> None:
    source = source_of()
    source.contents["f5"] = [b"needle", ContentGone("gone")]
    events = run(source, kept_lines=None, stop_after_lines=None)
    assert names(events) == sorted({*NAMES} - {"f5"})
    assert not is_complete(events)


def test_a_gist_that_matched_needs_no_more_files() -> None:
    """Neither those that were not taken yet, nor those that are at hand already."""
    source = MultiplexingScriptedSource({"octo": [gist("g", *NAMES)]}, dict.fromkeys(NAMES, b"needle"))
    events = run(source, one_file_per_gist=True)
    assert len(names(events)) == 1
    assert isinstance(events[-1], SearchEnded)
    assert (events[-1].coverage.searched, events[-1].coverage.unneeded) == (1, len(NAMES) - 1)
    assert len(source.taken) == 4


def test_very_many_lines_of_a_small_file_come_in_parts() -> None:
    """The rest of such a file is left to a worker when its first part was taken."""
    source = source_of(content=b"needle\n" * (2 * PART_LINES + 1))
    for executor in (InlineExecutor(), ThreadPoolExecutor(3)):
        events = run(source, executor, kept_lines=None, stop_after_lines=None)
        counts = dict.fromkeys(NAMES, 0)
        for event in events:
            if isinstance(event, FileMatch):
                counts[event.file.filename] += event.line_count
        assert set(counts.values()) == {2 * PART_LINES + 1}
        assert is_complete(events)


def test_slow_searches_are_spread_over_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one file took long, those behind it are searched by several threads at once."""
    monkeypatch.setattr(tasks, "SLOW_S", 0.001)
    searchers: list[int] = []
    two_at_once = threading.Event()

    def content(_: Deadline) -> Iterator[bytes]:
        until = time.thread_time() + 0.002
        while time.thread_time() < until:
            pass
        searchers.append(threading.get_ident())
        if len(set(searchers[1:])) > 1:
            two_at_once.set()
        if len(searchers) > 1:
            assert two_at_once.wait(10)
        yield b"needle"

    with ThreadPoolExecutor(8) as executor:
        events = run(source_of(content=content), executor)
    assert names(events) == sorted(NAMES)
    assert two_at_once.is_set()


def test_searches_take_turns_in_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one thread, a search of many small files lets another one in between."""
    monkeypatch.setattr(tasks, "OPENERS_TURN_S", 0.0)
    source = source_of()
    ends: list[str] = []
    with ThreadPoolExecutor(1) as executor:
        search = SearchGists(source, Re2Compiler(), executor, concurrency=2)

        def consume(name: str, pattern: str) -> None:
            for event in search.run(SearchQuery(usernames="octo", pattern=pattern)):
                if isinstance(event, SearchEnded):
                    assert event.coverage.complete
                    ends.append(name)

        threads = [threading.Thread(target=consume, args=(name, "needle")) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert sorted(ends) == ["a", "b"]
    switches = sum(one != other for one, other in zip(source.taken, source.taken[1:], strict=False))
    assert len(source.taken) == 2 * len(NAMES)
    assert switches > len(NAMES)


class Breaking(MultiplexingScriptedSource):
    """Opens three files, and then does something else."""

    how: Callable[[], object]

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        opened = super().open_files(take, at_once, deadline)
        yield from islice(opened, 3)
        self.how()


def broken(how: Callable[[], object]) -> Breaking:
    source = Breaking({"octo": [gist(name, name) for name in NAMES]}, dict.fromkeys(NAMES, b"needle"))
    source.how = how
    return source


def test_a_source_that_loses_files_is_no_silent_gap() -> None:
    """A source that ends without having opened all that it took breaks its contract, and the search says so."""
    with pytest.raises(RuntimeError, match="did not open all files"):
        run(broken(lambda: None))


def test_a_source_that_breaks_breaks_the_search() -> None:
    """It may raise one error alone; another one is a bug, and not swallowed."""

    def fail() -> None:
        raise ContentGone("not here")

    with pytest.raises(ContentGone):
        run(broken(fail))


def test_the_deadline_ends_opening() -> None:
    """What was taken, and what was not, is skipped for that reason."""

    def too_late() -> None:
        time.sleep(0.3)
        raise DeadlineExceeded("late")

    events = run(broken(too_late), timeout_s=0.2)
    assert len(names(events)) == 3
    reasons = [event.reason for event in events if isinstance(event, Skipped)]
    assert reasons == [SkipReason.DEADLINE] * (len(NAMES) - 3)
    assert not is_complete(events)


def test_closing_closes_what_was_left_to_workers() -> None:
    """Files that were opened and that nobody came to search are closed, even those opened behind the closing."""
    source = source_of(late=tuple(NAMES))
    search = SearchGists(source, Re2Compiler(), InlineExecutor(), concurrency=1)
    with closing(search.run(SearchQuery(usernames="octo", pattern="needle"))) as events:
        next(events)
    assert sorted(source.opened) == sorted(source.closed)


def test_a_file_opened_behind_the_closing_is_closed() -> None:
    """The opener may be handing over a file at the very moment at which the search is closed."""
    handing_over, closed = threading.Event(), threading.Event()
    source = source_of(late=tuple(NAMES))
    chunks_closed: list[str] = []

    class Slow(MultiplexingScriptedSource):
        def open_files(
            self, take: Callable[[], W | None], at_once: int, deadline: Deadline
        ) -> Generator[OpenedFile[W], None, None]:
            wanted = take()
            assert wanted is not None
            handing_over.set()
            assert closed.wait(10)

            def chunks() -> Generator[bytes, None, None]:
                try:
                    yield b""
                finally:
                    chunks_closed.append(wanted.file.filename)

            begun = chunks()
            next(begun)
            yield OpenedFile(wanted, begun, at_hand=False)

    slow = Slow(source.gists, source.contents)
    with ThreadPoolExecutor(2) as executor:
        search = SearchGists(slow, Re2Compiler(), executor, concurrency=1)
        with closing(search.run(SearchQuery(usernames="octo", pattern="needle"))) as events:
            next(events)
            assert handing_over.wait(10)
        closed.set()
    assert chunks_closed == [NAMES[0]]
