"""Tests of what a listing contains."""

from __future__ import annotations

import pytest

from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.gists import UnknownUser
from gistsearch.testing.fixtures import (
    LISTING_ERRORS,
    Disruption,
    GistSourceFixtures,
    MakeSource,
    SampleGist,
    gists_of,
    must_raise,
    names_of,
    numbered,
    sample,
)

HOSTILE_NAMES = {
    "empty": "",
    "dot": ".",
    "parent": "..",
    "sibling": "../octo",
    "detour": "nobody/../octo",
    "trailing slash": "octo/",
    "leading slash": "/octo",
    "deeper": "octo/gists",
    "back slash": "octo\\",
    "encoded letter": "%6fcto",
    "encoded slash": "octo%2f",
    "encoded path": "a%2fb",
    "query": "octo?page=1",
    "fragment": "octo#x",
    "at sign": "octo@octo",
    "NUL": "octo\0",
    "line feed": "octo\n",
    "header": "octo HTTP/1.1\r\nX-Injected: 1\r\n",
    "escape": "octo\x1b[0m",
    "not Unicode text": "octo\ud800",
    "very long": "octo" * 5_000,
}
"""Names that no user has, but that lead to `octo` or elsewhere when they are pasted into an address."""


class ListingTests(GistSourceFixtures):
    """Which gists `list_pages` lists, and how it describes them."""

    def test_gists_are_listed_in_order(self, make_source: MakeSource) -> None:
        """All gists of a user are listed, on every page, newest first, and no gist of another user."""
        gists = numbered(self.many)
        source = make_source({"octo": gists, "other": sample("other.txt")})
        listed = names_of(self.gists(source, "octo"))
        assert listed == names_of(gists), "expected every public gist of the user, newest first, and no other"

    def test_a_listing_can_be_walked_again(self, make_source: MakeSource) -> None:
        """Each walk lists everything: neither another walk at the same time nor an abandoned one takes from it."""
        source = make_source({"octo": numbered(self.many)})
        first = source.list_pages("octo", self.deadline())
        pages = [next(first)]
        abandoned = source.list_pages("octo", self.deadline())
        next(abandoned)
        abandoned.close()
        assert len(self.gists(source, "octo")) == self.many, "expected a complete listing during another walk"
        pages.extend(first)
        assert len(gists_of(pages)) == self.many, "expected a complete listing although another walk came between"

    def test_secret_gists_are_not_listed(self, make_source: MakeSource) -> None:
        """A secret gist never appears, even if the source has credentials to see it."""
        secret, public = SampleGist({"secret": b"1"}, public=False), SampleGist({"public": b"2"})
        source = make_source({"octo": [secret, public, secret, public, secret], "shy": [secret]})
        listed = names_of(self.gists(source, "octo"))
        assert listed == [["public"], ["public"]], "expected the two public gists of five, and no secret one"
        assert self.gists(source, "shy") == [], "expected an empty listing for a user with only secret gists"

    def test_a_user_without_gists_has_an_empty_listing(self, make_source: MakeSource) -> None:
        """Having no gists is an answer, not an error."""
        assert self.gists(make_source({"octo": []}), "octo") == [], "expected an empty listing"

    def test_a_listing_describes_gists(self, make_source: MakeSource) -> None:
        """Ids, addresses, times and descriptions are as the port defines them."""
        source = make_source({"octo": [SampleGist({"a": b""}, description="Ünï 😀"), SampleGist({"a": b""})]})
        gists = self.gists(source, "octo")
        assert len(gists) == 2, "expected two gists with different ids"
        first, second = gists
        assert first.description in ("Ünï 😀", None), "expected the description, or None"
        assert second.description in ("", None), "expected no description"
        for gist in gists:
            assert gist.id, "expected every gist to have an id"
            assert gist.url, "expected every gist to have the address of its page"
            assert gist.updated_at.utcoffset() is not None, "expected `updated_at` to have a time zone"
            assert not gist.files_truncated, "expected `files_truncated` to be false: all files are listed"
        assert first.url != second.url, "expected every gist to have an address of its own"

    def test_a_listing_describes_files(self, make_source: MakeSource) -> None:
        """Each file appears once, with its exact name and, if they are given, its size in bytes and its blob id."""
        files = {"a.txt": b"", "b.txt": b"one\n", "c.txt": "é".encode() * 70_000}
        (gist,) = self.gists(make_source({"octo": [SampleGist(files)]}), "octo")
        listed = sorted(file.filename for file in gist.files)
        assert listed == sorted(files), "expected each file once, with its exact name"
        for file in gist.files:
            content = files[file.filename]
            assert file.size_bytes in (len(content), None), "expected the size of the content in bytes, or None"
            assert file.blob_id in (blob_id_of(content), None), "expected the git blob id of the content, or None"

    def test_an_unknown_user_is_reported_late(self, make_source: MakeSource) -> None:
        """The call itself raises nothing, the first step does."""
        listing = make_source({"octo": []}).list_pages("nobody", self.deadline())
        with must_raise(UnknownUser, when="listing a user that does not exist"):
            next(listing)

    @pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
    def test_a_name_is_not_part_of_an_address(self, make_source: MakeSource, name: str) -> None:
        """A name that would lead elsewhere in an address is just a name that no user has."""
        listing = make_source({"octo": sample("a.txt")}).list_pages(name, self.deadline())
        with must_raise(UnknownUser, when=f"listing the user {name[:40]!r}, who does not exist"):
            next(listing)

    def test_a_listing_that_breaks_does_not_just_end(self, make_source: MakeSource, disconnect: Disruption) -> None:
        """If the rest of a listing cannot be fetched, the walk raises, or reports what is missing as unreadable."""
        source = make_source({"octo": numbered(self.many)})
        listing = source.list_pages("octo", self.deadline())
        pages = [next(listing)]
        disconnect()
        try:
            pages.extend(listing)
        except LISTING_ERRORS:
            return
        is_reported = any(page.unreadable for page in pages)
        assert len(gists_of(pages)) == self.many or is_reported, (
            f"expected {self.many} gists, or an error, or `unreadable` that names what is missing"
        )

    def test_a_listing_that_cannot_begin_raises(self, make_source: MakeSource, disconnect: Disruption) -> None:
        """A failure does not look like a user without gists, nor like an unknown user."""
        source = make_source({"octo": sample("a.txt")})
        disconnect()
        listing = source.list_pages("octo", self.deadline())
        with must_raise(*LISTING_ERRORS, when="listing while nothing can be fetched"):
            next(listing)
