"""What the store keeps, believes, drops and repairs, decided without I/O."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from attrs import evolve

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain import contents, steps
from gistsearch.domain.events import FileMatch, SearchEvent, SearchWarning, Skipped, SkipReason, WarningType
from gistsearch.domain.listing import walk
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.query import Detail, Order, SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.domain.store import packing
from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.maintenance import prune, verify
from gistsearch.domain.store.packing import PackBuilder, packs_to_rewrite
from gistsearch.domain.store.policy import PACK_BYTES, StorePolicy
from gistsearch.domain.store.room import make_room, shrink
from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import GistFile, ListingPage, SourceUnavailable
from gistsearch.ports.store import (
    Pack,
    PackedFile,
    StoreDamaged,
    StoredListing,
    StoredUser,
    StoreUnavailable,
)
from gistsearch.testing.store_fixtures import NOON
from tests.answering import answer_of, ask, coverage_of, warnings_of
from tests.fakes import InlineExecutor

QUERY = SearchQuery("octo", "needle", detail=Detail.COUNTS)
ASKS_FOR_GISTS = evolve(QUERY, detail=Detail.GISTS)
BLOBS = [f"{number:040x}" for number in range(100)]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def source_of(*texts: bytes) -> InMemoryGists:
    return InMemoryGists({"octo": [MemoryGist({"a.txt": text}, id=f"{n}") for n, text in enumerate(texts)]})


def pack_of(*sizes: int, first: int = 0) -> Pack:
    """Return a pack of files with such sizes, whose blob ids are consecutive."""
    files, start = list[PackedFile](), 0
    for number, size in enumerate(sizes, first):
        files.append(PackedFile(BLOBS[number], size, start, start + size))
        start += size
    return Pack(f"pack {first}", tuple(files), start)


def save_text(store: InMemoryStore, owner: str, size: int, blob_id: str = BLOBS[0]) -> Pack:
    return store.save_pack(owner, [PackedFile(blob_id, size, 0, size)], b"x" * size)


class TestRoom:
    """Who has to go when the store is full."""

    def store(self) -> InMemoryStore:
        store = InMemoryStore(Clock())
        for owner in ("old", "new"):
            for number in range(4):
                save_text(store, owner, 100, BLOBS[number])
        store.touch("new")
        return store

    def test_what_fits_pushes_nothing_out(self) -> None:
        store = self.store()
        assert make_room(store, 900, 100, "other")
        assert store.size_bytes() == 800

    def test_the_user_of_longest_ago_goes_first_in_small_steps(self) -> None:
        """Only as many packs as are needed are dropped, the oldest ones first."""
        store = self.store()
        kept = store.load("old").packs[2:]
        assert make_room(store, 800, 150, "other")
        assert store.load("old").packs == kept
        assert len(store.load("new").packs) == 4

    def test_a_user_who_is_searched_is_spared(self) -> None:
        store = self.store()
        assert make_room(store, 800, 100, "OLD")
        assert len(store.load("old").packs) == 4
        assert len(store.load("new").packs) == 3

    def test_content_never_pushes_out_its_own_beginning(self) -> None:
        store = InMemoryStore()
        save_text(store, "octo", 500)
        assert not make_room(store, 600, 200, "octo")
        assert store.size_bytes() == 500

    def test_no_search_waits_for_many_steps(self) -> None:
        """It rather keeps nothing."""
        store = InMemoryStore(Clock())
        for owner in ("one", "two", "three", "four"):
            save_text(store, owner, 100)
        assert not make_room(store, 400, 350, "octo")
        assert [usage.owner for usage in store.usage()] == ["three", "four"]

    def test_packs_without_text_are_dropped_as_well(self) -> None:
        """Their share of the space is nothing."""
        store = InMemoryStore(Clock())
        for size in (1, 0, 0):
            save_text(store, "old", size)
        assert make_room(store, 0, 0, "octo")
        assert store.size_bytes() == 0

    def test_a_user_with_two_packs_loses_one_if_that_is_enough(self) -> None:
        store = InMemoryStore(Clock())
        save_text(store, "old", 100)
        kept = save_text(store, "old", 100, BLOBS[1])
        assert make_room(store, 200, 50, "other")
        assert store.load("old").packs == (kept,)

    def test_space_that_is_held_for_nothing_is_freed_first(self) -> None:
        """If that is enough, nothing is dropped."""

        class Untidy(InMemoryStore):
            wasted_bytes = 500

            def size_bytes(self) -> int:
                return super().size_bytes() + self.wasted_bytes

            def tidy(self) -> None:
                self.wasted_bytes = 0

        store = Untidy(Clock())
        save_text(store, "old", 100)
        assert make_room(store, 600, 100, "other")
        assert store.size_bytes() == 100

    def test_a_store_that_is_large_without_content_does_not_shrink_for_ever(self) -> None:
        """A file on a disk takes up space even if nothing is in it."""

        class Bulky(InMemoryStore):
            def size_bytes(self) -> int:
                return super().size_bytes() + 1_000

        store = Bulky(Clock())
        save_text(store, "old", 100)
        shrink(store, 500)
        assert list(store.usage()) == []

    def test_a_store_shrinks_as_far_as_it_has_to(self) -> None:
        store = self.store()
        shrink(store, 800)
        assert store.size_bytes() == 800
        shrink(store, 350)
        assert [usage.owner for usage in store.usage()] == ["new"]
        assert 200 <= store.size_bytes() <= 350
        shrink(store, 0)
        assert list(store.usage()) == []


class TestPacking:
    """What is put together, and what is put together anew."""

    def test_a_pack_is_due_when_it_is_full_or_old(self) -> None:
        now = 0.0
        builder = PackBuilder(lambda: now)
        assert not builder.is_due()
        builder.add(BLOBS[0], 4, b"text")
        now = 0.9
        assert not builder.is_due()
        now = 1.0
        assert builder.is_due()
        assert builder.take() is not None
        assert builder.take() is None
        builder.add(BLOBS[1], PACK_BYTES, b"x" * PACK_BYTES)
        assert builder.is_due()
        assert not builder.has_room_for(b"more")

    def test_no_line_belongs_to_two_files(self) -> None:
        """A line end is added where one is missing, and is not part of the file."""
        builder = PackBuilder(lambda: 0.0)
        for number, text in enumerate([b"no end", b"", b"end\n", b"no end"]):
            builder.add(BLOBS[number], len(text), text)
        batch = builder.take()
        assert batch is not None
        assert batch.text == b"no end\nend\nno end\n"
        assert [batch.text[file.start : file.end] for file in batch.files] == [b"no end", b"", b"end\n", b"no end"]

    def test_packs_in_use_stay(self) -> None:
        packs = [pack_of(1_000, first=0), pack_of(1_000, first=1)]
        assert not packs_to_rewrite(packs, BLOBS)

    def test_a_pack_with_much_that_is_not_in_use_is_rewritten(self) -> None:
        wasteful, full = pack_of(700, 300, first=0), pack_of(PACK_BYTES, 200, first=2)
        chosen = packs_to_rewrite([wasteful, full], {BLOBS[0], BLOBS[2]})
        assert [(used.pack, [file.blob_id for file in used.files]) for used in chosen] == [(wasteful, [BLOBS[0]])]

    def test_content_that_is_there_twice_counts_once(self) -> None:
        one, two = pack_of(PACK_BYTES, first=0), pack_of(PACK_BYTES, first=0)
        [chosen] = packs_to_rewrite([one, two], BLOBS)
        assert chosen.pack is two
        assert chosen.files == ()

    def test_many_small_packs_become_one(self) -> None:
        packs = [pack_of(1_000, first=number) for number in range(9)]
        assert not packs_to_rewrite(packs[:8], BLOBS)
        assert [used.pack for used in packs_to_rewrite(packs, BLOBS)] == packs

    @pytest.mark.parametrize("share", [3, 4, 5])
    def test_what_is_rewritten_fits_into_one_pack(self, share: int) -> None:
        packs = [pack_of(PACK_BYTES // share, first=number) for number in range(12)]
        assert len(packs_to_rewrite(packs, BLOBS)) == share


class ReplacedMeanwhile(InMemoryStore):
    """A store in which another search puts all packs into one, just after they were looked up."""

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        user = super().load(username, known)
        if len(user.packs) > 1:
            builder = PackBuilder(lambda: 0.0)
            for pack in user.packs:
                text = self.read_pack(pack) or b""
                for file in pack.files:
                    builder.add(file.blob_id, file.size_bytes, text[file.start : file.end])
            batch = builder.take()
            assert batch is not None
            self.save_pack(username, batch.files, batch.text, user.packs)
        return user


@pytest.mark.parametrize("detail", [Detail.GISTS, Detail.COUNTS])
def test_content_that_another_search_has_moved_is_found(detail: Detail) -> None:
    """It is not downloaded again."""
    texts = [b"one needle\n", b"no\n", b"two needles"]
    source, store = source_of(*texts), ReplacedMeanwhile()
    expected = answer_of(QUERY, ask(QUERY, source))
    for text in texts:
        store.save_pack("octo", [PackedFile(blob_id_of(text), len(text), 0, len(text))], text)
    query = SearchQuery("octo", "needle", detail=detail)
    source.files_opened.clear()
    events = ask(query, source, store, StorePolicy())
    assert coverage_of(events).from_store == 3
    assert not source.files_opened
    if detail is Detail.COUNTS:
        assert answer_of(QUERY, events) == expected


class TestReadingOn:
    """A file whose first match is all that is asked for."""

    LONG = b"needle\n" + b"more\n" * 100_000

    def search(
        self, source: InMemoryGists, policy: StorePolicy, query: SearchQuery = ASKS_FOR_GISTS
    ) -> tuple[InMemoryStore, list[SearchEvent]]:
        store = InMemoryStore()
        return store, ask(query, source, store, policy)

    def test_the_rest_is_kept(self) -> None:
        """Else each later search would download the beginning again."""
        source = source_of(self.LONG)
        store, events = self.search(source, StorePolicy())
        assert coverage_of(events).downloaded_bytes == len(self.LONG)
        source.files_opened.clear()
        assert coverage_of(ask(QUERY, source, store, StorePolicy())).matched_lines == 1
        assert not source.files_opened

    @pytest.mark.parametrize(
        ("text", "policy"),
        [(LONG, StorePolicy(max_file_bytes=1_000)), (LONG * 3, StorePolicy())],
        ids=["file", "rest"],
    )
    def test_a_long_rest_is_not_downloaded(self, text: bytes, policy: StorePolicy) -> None:
        store, events = self.search(source_of(text), policy)
        assert coverage_of(events).downloaded_bytes < 300_000
        assert store.load("octo").packs == ()

    @pytest.mark.parametrize("error", [SourceUnavailable("reset"), DeadlineExceeded("too late")])
    @pytest.mark.parametrize("more", [{"detail": Detail.GISTS}, {"detail": Detail.LINES, "max_lines": 1}])
    def test_a_rest_that_cannot_be_had_changes_nothing(self, error: Exception, more: dict[str, Any]) -> None:
        class Breaking(InMemoryGists):
            def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
                yield from islice(super().open_file(file, deadline), 4)
                raise error

        source = Breaking({"octo": [MemoryGist({"a.txt": self.LONG})]})
        store, events = self.search(source, StorePolicy(), evolve(QUERY, **more))
        assert [event.last for event in events if isinstance(event, FileMatch)] == [True]
        assert coverage_of(events).complete
        assert coverage_of(events).searched == 1
        assert store.load("octo").packs == ()

    @pytest.mark.parametrize("more", [{"detail": Detail.GISTS}, {"detail": Detail.LINES, "max_lines": 1}])
    def test_the_deadline_may_pass_meanwhile(self, more: dict[str, Any]) -> None:
        """What was found before counts, and the file counts as searched."""
        hangs = threading.Event()

        class Slow(InMemoryGists):
            def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
                yield from islice(super().open_file(file, deadline), 4)
                hangs.wait(10)

        source = Slow({"octo": [MemoryGist({"a.txt": self.LONG})]})
        query = SearchQuery("octo", "needle", timeout_s=0.3, **more)
        with ThreadPoolExecutor(2) as executor:
            try:
                events = ask(query, source, InMemoryStore(), StorePolicy(), executor)
            finally:
                hangs.set()
        assert [event.last for event in events if isinstance(event, FileMatch)] == [True]
        assert coverage_of(events).complete
        assert coverage_of(events).searched == 1

    @pytest.mark.parametrize("order", Order)
    def test_a_match_is_reported_before_the_rest_is_downloaded(self, order: Order) -> None:
        rest = list[bytes]()

        class Watching(InMemoryGists):
            def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
                for number, chunk in enumerate(super().open_file(file, deadline)):
                    rest.extend([chunk] * (number > 3))
                    yield chunk

        source = Watching({"octo": [MemoryGist({"a.txt": self.LONG, "b.txt": b"needle\n"})]})
        search = SearchGists(source, Re2Compiler(), InlineExecutor(), store=InMemoryStore(), concurrency=1)
        for event in search.run(evolve(QUERY, detail=Detail.GISTS, order=order)):
            if isinstance(event, FileMatch):
                assert not rest
        assert rest


class TestBelief:
    """How long a listing is believed, and what is written about its use."""

    def stored(self, age_s: float) -> tuple[InMemoryGists, InMemoryStore]:
        source, store = source_of(b"needle\n"), InMemoryStore()
        ask(QUERY, source, store, StorePolicy())
        listing = store.load("octo").listing
        assert listing is not None
        store.save_listing("octo", StoredListing(listing.pages, datetime.now(UTC) - timedelta(seconds=age_s)))
        source.put("octo", [])
        return source, store

    def found(self, age_s: float, fresh_s: float) -> tuple[int, Sequence[SearchWarning]]:
        source, store = self.stored(age_s)
        events = ask(QUERY, source, store, StorePolicy(fresh_s=fresh_s))
        return coverage_of(events).matched_lines, warnings_of(events)

    def test_a_listing_is_believed_for_as_long_as_the_policy_says(self) -> None:
        assert self.found(age_s=10, fresh_s=60) == (1, [])
        assert self.found(age_s=70, fresh_s=60) == (0, [])

    def test_a_listing_of_the_future_is_not_believed(self) -> None:
        """A clock was set back."""
        assert self.found(age_s=-100, fresh_s=60) == (0, [])

    @pytest.mark.parametrize(
        ("age_s", "words"),
        [(1, "a moment ago"), (90, "1 minute ago"), (7_300, "2 hours ago"), (200_000, "2 days ago")],
    )
    def test_a_search_that_never_asks_says_how_old_its_listing_is(self, age_s: float, words: str) -> None:
        count, [warning] = self.found(age_s, math.inf)
        assert count == 1
        assert warning.type is WarningType.OFFLINE
        assert warning.detail.startswith("octo: as of 20")
        assert warning.detail.endswith(words)

    def test_times_are_not_written_at_each_search(self) -> None:
        """Else each one would write; they are renewed after a while."""
        clock = Clock()
        touches = list[str]()

        class Counting(InMemoryStore):
            def touch(self, username: str, checked_at: datetime | None = None) -> None:
                touches.append(f"{username} {checked_at is not None}")
                super().touch(username, checked_at)

        source, store = source_of(b"needle\n"), Counting(clock)
        for policy in (StorePolicy(), StorePolicy(), StorePolicy(fresh_s=60)):
            clock.now = datetime.now(UTC)
            ask(QUERY, source, store, policy)
        assert touches == []
        listing = store.load("octo").listing
        assert listing is not None
        store.save_listing("octo", StoredListing(listing.pages, datetime.now(UTC) - timedelta(seconds=100)))
        ask(QUERY, source, store, StorePolicy())
        assert touches == ["octo True"], "expected the time of the check to be renewed"
        clock.now = datetime.now(UTC) - timedelta(seconds=700)
        store.touch("octo")
        ask(QUERY, source, store, StorePolicy(fresh_s=60))
        assert touches[2:] == ["octo False"], "expected the time of use to be renewed"

    def walk_after(self, seconds: float, policy: StorePolicy) -> tuple[bool, list[bool]]:
        """Walk twice, some time apart. Return whether the source was asked the second time, and what was touched:
        for each time, whether that of the check was.
        """
        asked, touches = list[str](), list[bool]()

        class Noting(InMemoryGists):
            def list_pages(
                self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
            ) -> Generator[ListingPage, None, None]:
                asked.append(username)
                return super().list_pages(username, deadline, known)

        class Counting(InMemoryStore):
            def touch(self, username: str, checked_at: datetime | None = None) -> None:
                touches.append(checked_at is not None)

        source, store = Noting({"octo": [MemoryGist({"a.txt": b"needle\n"})]}), Counting(lambda: NOON)
        for now in (NOON, NOON + timedelta(seconds=seconds)):
            asked.clear()
            list(walk("octo", source, StoreAccess(store, policy, lambda now=now: now), Deadline()))
        return bool(asked), touches

    @pytest.mark.parametrize(("age_s", "asked"), [(-0.1, True), (0.0, False), (60.0, False), (60.1, True)])
    def test_a_listing_is_believed_up_to_its_last_second(self, age_s: float, asked: bool) -> None:
        assert self.walk_after(age_s, StorePolicy(fresh_s=60))[0] is asked

    @pytest.mark.parametrize(("age_s", "touches"), [(59.9, []), (60.0, [True])])
    def test_the_time_of_a_check_is_renewed_after_a_minute(self, age_s: float, touches: list[bool]) -> None:
        assert self.walk_after(age_s, StorePolicy())[1] == touches

    @pytest.mark.parametrize(("age_s", "touches"), [(599.9, []), (600.0, [False])])
    def test_the_time_of_use_is_renewed_after_ten_minutes(self, age_s: float, touches: list[bool]) -> None:
        assert self.walk_after(age_s, StorePolicy(fresh_s=3_600))[1] == touches

    def test_an_unknown_user_is_not_found_any_more(self) -> None:
        """The listing goes at once; what it referred to goes later."""
        store = InMemoryStore()
        ask(QUERY, source_of(b"needle\n"), store, StorePolicy())
        ask(QUERY, InMemoryGists({}), store, StorePolicy())
        assert store.load("octo").listing is None
        assert store.load("octo").packs


class Failing(InMemoryStore):
    """A store of which some methods fail, some number of times."""

    def __init__(self, error: Exception, **failures: int) -> None:
        super().__init__()
        self.error = error
        self.failures = failures

    def __getattribute__(self, name: str) -> object:
        failures: dict[str, int] = {} if name in ("failures", "__dict__") else self.__dict__.get("failures", {})
        if failures.get(name, 0) > 0:
            failures[name] -= 1

            def fail(*_: object, **__: object) -> None:
                raise self.error

            return fail
        return super().__getattribute__(name)


class TestFailures:
    """An error of the store is a warning, once, and never an error of the search."""

    @pytest.mark.parametrize("method", ["load", "read_pack", "save_pack", "save_listing", "touch", "size_bytes"])
    @pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), StoreDamaged("something was damaged")])
    def test_a_search_goes_on_without_the_store(self, method: str, error: Exception) -> None:
        source = source_of(b"one needle\n", b"no\n")
        store = Failing(error)
        ask(QUERY, source, store, StorePolicy())
        expected = answer_of(QUERY, ask(QUERY, source))
        if method in ("save_pack", "save_listing", "size_bytes"):
            store.clear()
        store.failures = {method: 1_000}
        events = ask(QUERY, source, store, StorePolicy())
        assert answer_of(QUERY, events) == expected
        expected_warning = SearchWarning(WarningType.STORE, str(error))
        assert warnings_of(events) == ([] if method == "touch" else [expected_warning])

    def test_what_was_damaged_is_tried_again(self) -> None:
        """By then it has been dropped, and the store goes on."""
        source, store = source_of(b"needle\n"), Failing(StoreDamaged("something was damaged"), load=1)
        assert len(warnings_of(ask(QUERY, source, store, StorePolicy()))) == 1
        events = ask(QUERY, source, store, StorePolicy())
        assert coverage_of(events).from_store == 1
        assert not warnings_of(events)

    def test_a_store_that_is_too_small_says_so_once(self) -> None:
        events = ask(QUERY, source_of(b"needle\n" * 50), InMemoryStore(), StorePolicy(max_bytes=100))
        [warning] = warnings_of(events)
        assert warning.type is WarningType.STORE
        assert "GISTSEARCH_STORE_MAX_BYTES is 100" in warning.detail


class TestSaving:
    """When what was downloaded is stored."""

    def test_what_has_waited_is_stored_before_the_search_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the process is killed, no more is lost than the last second."""
        monkeypatch.setattr(packing, "SAVE_AFTER_S", 0.05)
        store = InMemoryStore()
        is_stored = threading.Event()

        class Slow(InMemoryGists):
            def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
                while file.filename == "slow" and deadline.remaining_s() and not is_stored.is_set():
                    if store.load("octo").packs:
                        is_stored.set()
                    deadline.sleep(0.01)
                yield from super().open_file(file, deadline)

        source = Slow({"octo": [MemoryGist({"quick": b"one\n", "slow": b"two\n"})]})
        with ThreadPoolExecutor(2) as executor:
            events = ask(evolve(QUERY, timeout_s=30), source, store, StorePolicy(), executor)
        assert is_stored.is_set()
        assert coverage_of(events).searched == 2
        assert coverage_of(ask(QUERY, source, store, StorePolicy())).from_store == 2

    def test_a_search_waits_for_a_slow_store(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When it ends, everything is stored."""
        monkeypatch.setattr(contents, "WAIT_S", 0.01)

        class Slow(InMemoryStore):
            def save_pack(
                self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()
            ) -> Pack:
                time.sleep(0.1)
                return super().save_pack(username, files, text, replaced)

        store = Slow()
        with ThreadPoolExecutor(2) as executor:
            ask(QUERY, source_of(b"one\n"), store, StorePolicy(), executor)
            assert store.size_bytes() == 4

    def test_a_sync_stores_everything_and_finds_nothing(self) -> None:
        """A file is downloaded once, whatever it contains."""
        source, store = source_of(b"any\n", b"needle\n"), InMemoryStore()
        for downloaded in (11, 0):
            events = list(SearchGists(source, Re2Compiler(), InlineExecutor(), store=store).sync(["octo"]))
            assert not [event for event in events if isinstance(event, FileMatch)]
            assert coverage_of(events).downloaded_bytes == downloaded
            assert coverage_of(events).complete
        assert store.size_bytes() == 11

    def test_content_that_is_there_twice_is_stored_once(self) -> None:
        store = InMemoryStore()
        ask(QUERY, source_of(b"needle\n", b"needle\n"), store, StorePolicy())
        assert store.size_bytes() == 7


class TestUpkeep:
    """What is done after a search, and by the commands for the store."""

    def test_content_of_gists_that_are_gone_goes_later(self) -> None:
        source, store = source_of(b"one\n" * 99, b"two\n"), InMemoryStore()
        ask(QUERY, source, store, StorePolicy())
        source.put("octo", [MemoryGist({"a.txt": b"two\n"})])
        ask(QUERY, source, store, StorePolicy())
        [pack] = store.load("octo").packs
        assert store.read_pack(pack) == b"two\n"
        source.put("octo", [])
        ask(QUERY, source, store, StorePolicy())
        assert store.load("octo").packs == ()

    def test_a_pack_that_cannot_be_read_is_not_replaced(self) -> None:
        """What might be in it is dropped once it is known to be damaged, not before."""
        source, store = source_of(b"one\n" * 99, b"two\n"), Failing(StoreUnavailable("locked"))
        ask(QUERY, source, store, StorePolicy())
        source.put("octo", [MemoryGist({"a.txt": b"two\n"})])
        store.failures = {"read_pack": 1_000}
        ask(QUERY, source, store, StorePolicy())
        store.failures = {}
        assert len(store.load("octo").packs) == 1

    def test_a_pack_that_is_gone_meanwhile_is_not_replaced(self) -> None:
        """Another search may have dropped it; its content is then in none of the packs that are written."""

        class WithoutText(InMemoryStore):
            def read_pack(self, pack: Pack) -> bytes | None:
                return None

        source, store = source_of(b"one\n" * 99, b"two\n"), WithoutText()
        ask(QUERY, source, store, StorePolicy())
        [wasteful] = store.load("octo").packs
        source.put("octo", [MemoryGist({"a.txt": b"two\n"})])
        assert coverage_of(ask(QUERY, source, store, StorePolicy())).complete
        assert wasteful in store.load("octo").packs

    def test_verifying_reads_everything(self) -> None:
        """It yields the sizes of what is whole, and what was wrong with the rest."""
        source, store = source_of(b"one\n", b"two\n"), Failing(StoreDamaged("something was damaged"))
        ask(QUERY, source, store, StorePolicy())
        assert list(verify(store)) == [8]
        store.failures = {"usage": 1, "read_pack": 1, "load": 1}
        assert [str(outcome) for outcome in verify(store)] == ["something was damaged"] * 3

    def test_verifying_passes_on_what_cannot_be_used(self) -> None:
        store = Failing(StoreUnavailable("locked"), usage=1)
        with pytest.raises(StoreUnavailable):
            list(verify(store))

    def test_pruning_drops_what_no_listing_names(self) -> None:
        clock = Clock()
        store = InMemoryStore(clock)
        ask(QUERY, source_of(b"one\n" * 99, b"two\n"), store, StorePolicy())
        save_text(store, "unlisted", 500)
        store.save_listing("octo", StoredListing((_page_without_first_gist(store),), NOON))
        prune(store, StorePolicy(), clock)
        assert [usage.owner for usage in store.usage()] == ["octo"]
        assert store.size_bytes() == len(b"two\n")

    def test_pruning_shrinks_the_store_to_its_limit(self) -> None:
        clock = Clock()
        store = InMemoryStore(clock)
        ask(QUERY, source_of(b"one\n"), store, StorePolicy())
        prune(store, StorePolicy(max_bytes=3), clock)
        assert list(store.usage()) == []


class Counting(InMemoryStore):
    """Counts how often packs are read."""

    packs_read = 0

    def read_pack(self, pack: Pack) -> bytes | None:
        self.packs_read += 1
        return super().read_pack(pack)


def test_all_packs_of_a_user_are_searched_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is read once if nothing matches."""
    monkeypatch.setattr(packing, "PACK_BYTES", 10)  # so that each text is a pack of its own
    source, store = source_of(*(b"nothing %d\n" % number for number in range(20))), Counting()
    ask(QUERY, source, store, StorePolicy())
    assert len(store.load("octo").packs) == 20
    store.packs_read = 0
    events = ask(evolve(QUERY, timeout_s=60), source, store, StorePolicy())
    assert (coverage_of(events).complete, coverage_of(events).from_store) == (True, 20)
    assert store.packs_read == 20


def test_no_more_than_four_packs_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So memory does not grow with what is stored."""
    monkeypatch.setattr(packing, "PACK_BYTES", 10)
    lock, reading, most = threading.Lock(), 0, 0

    class Slow(InMemoryStore):
        def read_pack(self, pack: Pack) -> bytes | None:
            nonlocal reading, most
            with lock:
                reading += 1
                most = max(most, reading)
            time.sleep(0.01)
            with lock:
                reading -= 1
            return super().read_pack(pack)

    source, store = source_of(*(b"nothing %d\n" % number for number in range(20))), Slow()
    ask(QUERY, source, store, StorePolicy())
    with ThreadPoolExecutor(10) as executor:
        assert coverage_of(ask(QUERY, source, store, StorePolicy(), executor)).from_store == 20
    assert most <= 4


@pytest.mark.parametrize(("sizes", "packs_read"), [([10_000] * 4, 1), ([20_000], 1), ([20_000, 10_000], 2)])
def test_a_pack_is_read_again_only_for_texts_longer_than_a_window(sizes: list[int], packs_read: int) -> None:
    """Those have to be searched by themselves; a pack of nothing else is not read as a whole."""
    source, store = source_of(*(bytes([65 + number]) * size for number, size in enumerate(sizes))), Counting()
    ask(QUERY, source, store, StorePolicy(), window_bytes=1 << 14)
    assert len(store.load("octo").packs) == 1
    store.packs_read = 0
    assert coverage_of(ask(QUERY, source, store, StorePolicy(), window_bytes=1 << 14)).complete
    assert store.packs_read == packs_read


def _page_without_first_gist(store: InMemoryStore) -> ListingPage:
    listing = store.load("octo").listing
    assert listing is not None
    return ListingPage(listing.pages[0].gists[1:])


def test_the_files_of_a_pack_that_takes_too_long_are_searched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them may have a line that cannot be searched in time. The others can."""

    def too_long(*_: object) -> Iterator[int | None]:
        yield 0
        raise DeadlineExceeded("too long")

    source, store = source_of(b"no\n", b"one needle\n"), InMemoryStore()
    expected = answer_of(QUERY, ask(QUERY, source, store, StorePolicy()))
    monkeypatch.setattr(steps, "find_texts", too_long)
    events = ask(QUERY, source, store, StorePolicy())
    assert answer_of(QUERY, events) == expected
    assert coverage_of(events).from_store == 2


def test_a_pack_is_searched_in_several_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that other searches have their turns meanwhile."""
    turns = 0

    def slow(*_: object) -> Iterator[int | None]:
        nonlocal turns
        for index in (None, 1, None):
            turns += 1
            yield index

    source, store = source_of(b"no\n", b"one needle\n"), InMemoryStore()
    expected = answer_of(QUERY, ask(QUERY, source, store, StorePolicy()))
    monkeypatch.setattr(steps, "find_texts", slow)
    monkeypatch.setattr(steps, "STEP_S", 0.0)
    assert answer_of(QUERY, ask(QUERY, source, store, StorePolicy())) == expected
    assert turns == 3


def test_the_files_of_a_pack_are_skipped_if_the_deadline_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_time(_: object, __: object, matcher: TimeSlicedMatcher, ___: object) -> Iterator[int | None]:
        matcher._deadline.cancel()  # pyright: ignore[reportPrivateUsage]  # as if time passed
        raise DeadlineExceeded("too long")
        yield

    source, store = source_of(b"no\n", b"one needle\n"), InMemoryStore()
    ask(QUERY, source, store, StorePolicy())
    monkeypatch.setattr(steps, "find_texts", out_of_time)
    events = ask(QUERY, source, store, StorePolicy(fresh_s=60))
    assert [event.reason for event in events if isinstance(event, Skipped)] == [SkipReason.DEADLINE] * 2


def test_a_file_whose_pack_has_nothing_reports_what_failed_before() -> None:
    """If only gists are asked for, the last file of a gist decides, be it stored or not."""
    source, store = source_of(), InMemoryStore()
    source.put("octo", [MemoryGist({"a.txt": b"no\n"})])
    ask(QUERY, source, store, StorePolicy())
    source.put("octo", [MemoryGist({"b.txt": SourceUnavailable("reset"), "a.txt": b"no\n"})])
    events = ask(evolve(QUERY, detail=Detail.GISTS), source, store, StorePolicy())
    assert [event.file and event.file.filename for event in events if isinstance(event, Skipped)] == ["b.txt"]


def test_a_pack_may_be_searched_before_the_source_has_confirmed_the_listing() -> None:
    """What it says of its files counts when they are listed."""
    source, store = source_of(b"one needle\n", b"two\n"), Counting()
    ask(QUERY, source, store, StorePolicy())
    store.packs_read = 0

    class Slow(InMemoryGists):
        def list_pages(
            self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
        ) -> Generator[ListingPage, None, None]:
            while not store.packs_read:
                deadline.sleep(0.01)
            deadline.sleep(0.2)  # until it is searched
            yield from source.list_pages(username, deadline, known)

    with ThreadPoolExecutor(2) as executor:
        search = SearchGists(Slow({}), Re2Compiler(), executor, store=store)
        coverage = coverage_of(list(search.run(evolve(QUERY, detail=Detail.GISTS))))
    assert (coverage.complete, coverage.matched_lines, coverage.from_store) == (True, 1, 2)


def test_content_that_another_search_has_dropped_is_downloaded_again() -> None:
    class Emptied(InMemoryStore):
        def read_pack(self, pack: Pack) -> bytes | None:
            self.drop_packs([pack.id])
            return super().read_pack(pack)

    source, store = source_of(b"one needle\n"), Emptied()
    ask(QUERY, source, store, StorePolicy())
    events = ask(QUERY, source, store, StorePolicy())
    assert coverage_of(events).matched_lines == 1
    assert coverage_of(events).from_store == 0
    assert not warnings_of(events)


def test_content_that_could_not_be_verified_is_not_downloaded_for_the_store() -> None:
    """Without a size and a blob id it would never be kept, so the store is not in sync."""

    class SaysLittle(InMemoryGists):
        def list_pages(
            self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
        ) -> Generator[ListingPage, None, None]:
            for page in super().list_pages(username, deadline, known):
                yield evolve(page, gists=tuple(evolve(gist, files=_without_facts(gist.files)) for gist in page.gists))

    source = SaysLittle({"octo": [MemoryGist({"a.txt": b"needle\n"})]})
    search = SearchGists(source, Re2Compiler(), InlineExecutor(), store=InMemoryStore())
    events = list(search.sync(["octo"]))
    assert [event.reason for event in events if isinstance(event, Skipped)] == [SkipReason.MALFORMED_RECORD]
    assert coverage_of(events).downloaded_bytes == 0


def _without_facts(files: Sequence[GistFile]) -> tuple[GistFile, ...]:
    return tuple(evolve(file, size_bytes=None, blob_id=None) for file in files)


def test_a_file_that_is_too_large_for_the_store_is_not_downloaded_for_it() -> None:
    """It is reported, and the others are stored."""
    store = InMemoryStore()
    search = SearchGists(
        source_of(b"12345", b"123456"),
        Re2Compiler(),
        InlineExecutor(),
        store=store,
        policy=StorePolicy(max_file_bytes=5),
    )
    events = list(search.sync(["octo"]))
    assert [event.reason for event in events if isinstance(event, Skipped)] == [SkipReason.TOO_LARGE]
    assert coverage_of(events).downloaded_bytes == 5
    assert len(store.load("octo").packs) == 1
