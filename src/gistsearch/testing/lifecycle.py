"""Tests of deadlines, of closing, and of threads, for both methods of a gist source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import ListingPage
from gistsearch.testing.fixtures import (
    Disruption,
    GistSourceFixtures,
    MakeSource,
    SampleGist,
    gists_of,
    must_raise,
    names_of,
    numbered,
    one_file,
    sample,
)
from gistsearch.testing.generators import (
    cancelled,
    cancelled_soon,
    exhaust,
    expect_nothing_left_open,
    expect_to_close_in_another_thread,
    expect_to_end,
    in_turns,
    passed,
)
from gistsearch.testing.timeouts import at_once, within

LONG = bytes(range(256)) * (1 << 14)
"""4 MiB."""


class LifecycleTests(GistSourceFixtures):
    """How `list_pages` and `open_file` end early, and how threads share them."""

    @pytest.mark.parametrize("over", [passed, cancelled])
    def test_nothing_is_listed_after_the_deadline(self, make_source: MakeSource, over: Callable[[], Deadline]) -> None:
        """If the deadline has passed before the first step, that step raises, not the call."""
        source = make_source({"octo": sample("a.txt")})
        listing = source.list_pages("octo", over())
        with must_raise(DeadlineExceeded, when="listing after the deadline"):
            next(listing)

    @pytest.mark.parametrize("content", [b"", b"x", LONG], ids=["empty", "short", "long"])
    @pytest.mark.parametrize("over", [passed, cancelled])
    def test_nothing_is_read_after_the_deadline(
        self, make_source: MakeSource, content: bytes, over: Callable[[], Deadline]
    ) -> None:
        """If the deadline has passed before the first step, that step raises, even for an empty file."""
        source = make_source(one_file(content))
        reading = source.open_file(self.only_file(source), over())
        with must_raise(DeadlineExceeded, when="reading after the deadline"):
            next(reading)

    def test_listing_ends_at_the_deadline(self, make_source: MakeSource) -> None:
        """The deadline is checked between pages: a listing is not walked to its end because it began in time."""
        source = make_source({"octo": numbered(self.many)})
        if len(self.pages(source, "octo")) == 1:
            pytest.skip(f"this source lists {self.many} gists on one page")
        listing = source.list_pages("octo", deadline := self.deadline())
        next(listing)
        deadline.cancel()
        with must_raise(DeadlineExceeded, when="listing further pages after the deadline"):
            exhaust(listing)

    def test_reading_ends_at_the_deadline(self, make_source: MakeSource) -> None:
        """The deadline is checked between chunks: a file is not read to its end because it was opened in time."""
        source = make_source(one_file(LONG))
        reading = source.open_file(self.only_file(source), deadline := self.deadline())
        first = next(reading)
        deadline.cancel()
        if len(first) == len(LONG):
            pytest.skip("this source yields 4 MiB in one chunk")
        with must_raise(DeadlineExceeded, when="reading on after the deadline"):
            exhaust(reading)

    def test_a_stalled_listing_ends_at_the_deadline(self, make_source: MakeSource, stall: Disruption) -> None:
        """The deadline ends a request, not only the time between requests."""
        source = make_source({"octo": sample("a.txt")})
        stall()
        with must_raise(DeadlineExceeded, when="a listing is stalled at its deadline"):
            within(self.timeout_s, partial(exhaust, source.list_pages("octo", Deadline(0.2))))

    def test_stalled_reading_ends_at_the_deadline(self, make_source: MakeSource, stall: Disruption) -> None:
        """The deadline ends a request, not only the time between requests."""
        source = make_source(one_file(LONG))
        file = self.only_file(source)
        stall()
        with must_raise(DeadlineExceeded, when="reading is stalled at its deadline"):
            within(self.timeout_s, partial(exhaust, source.open_file(file, Deadline(0.2))))

    def test_a_stalled_listing_ends_when_it_is_cancelled(self, make_source: MakeSource, stall: Disruption) -> None:
        """`Deadline.cancel` in another thread ends a request."""
        source = make_source({"octo": sample("a.txt")})
        stall()
        with must_raise(DeadlineExceeded, when="a stalled listing is cancelled"), cancelled_soon() as deadline:
            within(self.timeout_s, partial(exhaust, source.list_pages("octo", deadline)))

    def test_stalled_reading_ends_when_it_is_cancelled(self, make_source: MakeSource, stall: Disruption) -> None:
        """`Deadline.cancel` in another thread ends a request."""
        source = make_source(one_file(LONG))
        file = self.only_file(source)
        stall()
        with must_raise(DeadlineExceeded, when="stalled reading is cancelled"), cancelled_soon() as deadline:
            within(self.timeout_s, partial(exhaust, source.open_file(file, deadline)))

    def test_a_listing_that_stalls_midway_does_not_just_end(self, make_source: MakeSource, stall: Disruption) -> None:
        """If the rest of a listing does not arrive in time, the walk raises."""
        source = make_source({"octo": numbered(self.many)})
        with cancelled_soon() as deadline:
            listing = source.list_pages("octo", deadline)
            pages = [next(listing)]
            stall()
            try:
                pages += within(self.timeout_s, partial(list[ListingPage], listing))
            except DeadlineExceeded:
                return
        is_reported = any(page.unreadable for page in pages)
        assert len(gists_of(pages)) == self.many or is_reported, (
            f"expected {self.many} gists, or DeadlineExceeded, or `unreadable` that names what is missing"
        )

    def test_a_closed_listing_has_ended(self, make_source: MakeSource) -> None:
        """It can be closed before its first step, midway and at its end, and again. It yields nothing afterwards."""
        source = make_source({"octo": numbered(self.many)})
        expect_to_end(lambda: source.list_pages("octo", self.deadline()))
        assert len(self.gists(source, "octo")) == self.many, "expected a complete listing after others were closed"

    def test_a_closed_file_has_ended(self, make_source: MakeSource) -> None:
        """It can be closed before its first step, midway and at its end, and again. It yields nothing afterwards."""
        source = make_source(one_file(LONG))
        file = self.only_file(source)
        expect_to_end(lambda: source.open_file(file, self.deadline()))
        assert self.content(source, file) == LONG, "expected the whole file after others were closed"

    def test_closing_a_listing_waits_for_nothing(self, make_source: MakeSource, stall: Disruption) -> None:
        """Pages that were requested in advance do not delay it."""
        source = make_source({"octo": numbered(self.many)})
        listing = source.list_pages("octo", Deadline())
        next(listing)
        stall()
        within(self.timeout_s, listing.close)

    def test_closing_a_listing_frees_what_it_holds(self, make_source: MakeSource) -> None:
        """Listings that were closed midway leave nothing open, and nothing that the next one would have to wait for."""
        source = make_source({"octo": numbered(self.many)})
        expect_nothing_left_open(lambda: source.list_pages("octo", self.deadline()), self.timeout_s)
        gists = within(self.timeout_s, partial(self.gists, source, "octo"))
        assert len(gists) == self.many, "expected a complete listing after others were closed"

    def test_closing_a_file_frees_what_it_holds(self, make_source: MakeSource) -> None:
        """Files that were closed midway leave nothing open, and nothing that the next one would have to wait for."""
        source = make_source(one_file(LONG))
        file = self.only_file(source)
        expect_nothing_left_open(lambda: source.open_file(file, self.deadline()), self.timeout_s)
        content = within(self.timeout_s, partial(self.content, source, file))
        assert content == LONG, "expected the whole file after others were closed"

    def test_threads_share_a_source(self, make_source: MakeSource) -> None:
        """Both methods may be called from several threads at once."""
        users = {f"user{number}": [SampleGist({"f": b"%d" % number * 100_000})] * 3 for number in range(4)}
        source = make_source(users)

        def contents_of(username: str) -> list[bytes]:
            return [self.content(source, file) for gist in self.gists(source, username) for file in gist.files]

        calls = [partial(contents_of, username) for username in users] * 2
        contents = at_once(self.timeout_s, list[Callable[[], list[bytes]]](calls))
        expected = [[content for gist in gists for content in gist.files.values()] for gists in users.values()] * 2
        assert contents == expected, "expected every thread to read its own user's files"

    def test_threads_take_turns_with_a_listing(self, make_source: MakeSource) -> None:
        """Each step may be taken by another thread, and the closing as well."""
        gists = numbered(self.many)
        source = make_source({"octo": gists})
        pages = list(in_turns(source.list_pages("octo", self.deadline()), self.timeout_s))
        assert names_of(gists_of(pages)) == names_of(gists), "expected a complete listing, in order"
        expect_to_close_in_another_thread(source.list_pages("octo", self.deadline()), self.timeout_s)

    def test_threads_take_turns_with_a_file(self, make_source: MakeSource) -> None:
        """Each step may be taken by another thread, and the closing as well."""
        source = make_source(one_file(LONG))
        file = self.only_file(source)
        content = b"".join(in_turns(source.open_file(file, self.deadline()), self.timeout_s))
        assert content == LONG, "expected the whole file"
        expect_to_close_in_another_thread(source.open_file(file, self.deadline()), self.timeout_s)
