"""Tests of the pages of a listing: those that are known already, and records that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from attrs import evolve

from gistsearch.ports.gists import ListingPage, MalformedRecord
from gistsearch.testing.fixtures import (
    CorruptRecord,
    GistSourceFixtures,
    MakeSource,
    ReplaceGists,
    SampleGist,
    gists_of,
    names_of,
    numbered,
    sample,
)

Change = Callable[[Sequence[SampleGist]], Sequence[SampleGist]]

CHANGES: Mapping[str, Change] = {
    "a gist was added": lambda gists: [*sample("new.txt"), *gists],
    "the newest was removed": lambda gists: gists[1:],
    "the oldest was removed": lambda gists: gists[:-1],
    "the newest was edited": lambda gists: [*sample("edited.txt"), *gists[1:]],
    "the oldest was edited": lambda gists: [*gists[:-1], *sample("edited.txt")],
    "all were removed": lambda _: [],
}


class PageTests(GistSourceFixtures):
    """How `list_pages` uses the pages of an earlier walk, and reports records that cannot be read."""

    def test_pages_that_have_not_changed_are_the_known_ones(self, make_source: MakeSource) -> None:
        """A page with a validator is yielded as the very object that was given."""
        source = make_source({"octo": numbered(self.many)})
        known = [evolve(page) for page in self.pages(source, "octo")]  # Copies: the source may keep its own pages.
        again = self.pages(source, "octo", known)
        assert len(again) == len(known), "expected as many pages as before"
        for number, (page, before) in enumerate(zip(again, known, strict=True), 1):
            if before.validator is not None:
                assert page is before, f"expected page {number} to be the object in `known`: it has not changed"
        assert names_of(gists_of(again)) == names_of(gists_of(known)), "expected the same gists as before"
        if not any(page.validator for page in known):
            pytest.skip("the pages of this source have no validators")

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_pages_that_have_changed_are_new(
        self, make_source: MakeSource, replace_gists: ReplaceGists, change: Change
    ) -> None:
        """With known pages, the listing is the same as without."""
        gists = numbered(self.many)
        source = make_source({"octo": gists})
        known = self.pages(source, "octo")
        replace_gists("octo", changed := change(gists))
        listed = names_of(gists_of(self.pages(source, "octo", known)))
        assert listed == names_of(changed), "expected the gists that the user has now, not those of the known pages"

    def test_a_known_page_can_be_followed_by_a_new_one(
        self, make_source: MakeSource, replace_gists: ReplaceGists
    ) -> None:
        """A full last page does not end the listing when the user has more gists by now."""
        source = make_source({"octo": numbered(self.many)})
        page_size = len(self.pages(source, "octo")[0].gists)
        replace_gists("octo", numbered(page_size))
        known = self.pages(source, "octo")
        replace_gists("octo", numbered(page_size + 1))
        listed = gists_of(self.pages(source, "octo", known))
        assert len(listed) == page_size + 1, "expected the gist on the page after the known one as well"

    def test_known_pages_without_validators_are_new(self, make_source: MakeSource) -> None:
        """Whether such a page has changed cannot be known."""
        source = make_source({"octo": numbered(3)})
        known = [evolve(page, gists=(), validator=None) for page in self.pages(source, "octo")]
        self._expect_three(self.pages(source, "octo", known))

    def test_known_pages_with_foreign_validators_are_new(self, make_source: MakeSource) -> None:
        """They may come from another version of the source."""
        source = make_source({"octo": numbered(3)})
        known = [evolve(page, gists=(), validator="foreign") for page in self.pages(source, "octo")]
        self._expect_three(self.pages(source, "octo", known))

    def test_a_record_that_cannot_be_read_is_reported(
        self, make_source: MakeSource, corrupt_record: CorruptRecord
    ) -> None:
        """It costs no other record."""
        source = make_source({"octo": numbered(5)})
        corrupt_record("octo", 2)
        pages = self.pages(source, "octo")
        listed = names_of(gists_of(pages))
        assert listed == [["0.txt"], ["1.txt"], ["3.txt"], ["4.txt"]], "expected all gists but the unreadable one"
        self._expect_one_unreadable(pages)

    def test_a_listing_without_readable_records_is_not_empty(
        self, make_source: MakeSource, corrupt_record: CorruptRecord
    ) -> None:
        """It reports what it could not read, instead of looking like that of a user without gists."""
        source = make_source({"octo": numbered(1)})
        corrupt_record("octo", 0)
        pages = self.pages(source, "octo")
        assert gists_of(pages) == [], "expected no gist: the only one cannot be read"
        self._expect_one_unreadable(pages)

    def _expect_three(self, pages: Sequence[ListingPage]) -> None:
        assert names_of(gists_of(pages)) == names_of(numbered(3)), "expected the page to be listed anew"

    def _expect_one_unreadable(self, pages: Sequence[ListingPage]) -> None:
        unreadable = [record for page in pages for record in page.unreadable]
        assert len(unreadable) == 1, "expected the record that cannot be read, once, among `unreadable`"
        assert isinstance(unreadable[0].error, MalformedRecord), "expected MalformedRecord as the reason"
        assert unreadable[0].subject.strip(), "expected `subject` to name the record"
        assert str(unreadable[0].error).strip(), "expected the error to say in words what is wrong"
