"""What an implementer provides to the suite for stores, and what its tests have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gistsearch.ports.gists import Gist, GistFile, ListingPage, MalformedRecord, Unreadable
from gistsearch.ports.store import GistStore, Pack, PackedFile, StoredListing

OpenStore = Callable[[], GistStore]
"""Opens the store under test. Each test begins with an empty one; further calls open the same store again, as another
process would."""

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class GistStoreFixtures:
    """The fixture that a subclass of the suite overrides."""

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Return a function that opens the store under test."""
        raise NotImplementedError("override the fixture `open_store`: it returns a function that opens the store")


def content(text: bytes) -> tuple[Sequence[PackedFile], bytes]:
    """Return the files and the text of a pack."""
    half = len(text) // 2
    return (PackedFile("0" * 39 + "1", half, 0, half), PackedFile("f" * 40, 1 << 40, half, len(text))), text


def save(store: GistStore, username: str, text: bytes) -> Pack:
    """Save a pack."""
    return store.save_pack(username, *content(text))


def listing_of(*gist_ids: str, checked_at: datetime = NOON) -> StoredListing:
    """Return a listing of gists without files."""
    gists = tuple(Gist(gist_id, f"https://gist.example/{gist_id}", None, NOON, ()) for gist_id in gist_ids)
    return StoredListing((ListingPage(gists, (), "validator"),), checked_at)


def same_or_equal(page: ListingPage, other: ListingPage) -> bool:
    """Return whether two pages are the same object, or (a store may copy) equal ones."""
    return page is other or page == other


def assert_same_listing(found: StoredListing | None, expected: StoredListing) -> None:
    """Compare listings; errors are compared by their class and message."""
    assert found is not None, "expected the listing to be stored"
    assert found.checked_at == expected.checked_at
    assert [page.gists for page in found.pages] == [page.gists for page in expected.pages]
    assert [page.validator for page in found.pages] == [page.validator for page in expected.pages]
    assert _records(found) == _records(expected)


def _records(listing: StoredListing) -> list[tuple[str, type[Exception], str]]:
    return [
        (record.subject, type(record.error), str(record.error)) for page in listing.pages for record in page.unreadable
    ]


ODD_LISTING = StoredListing(
    (
        ListingPage(
            (
                Gist(
                    "6b2972aa971dd605f524",
                    "https://gist.example/octo/6b2972aa971dd605f524",
                    "O'Neill's \"gist\" \\ \0 \ud800 \u2028 😀",
                    datetime(2011, 11, 11, 11, 11, 11, 111111, timezone(timedelta(hours=-9, minutes=-30))),
                    (
                        GistFile(
                            "a b.py",
                            "Python",
                            0,
                            "https://raw.example/a%20b.py",
                            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
                        ),
                        GistFile("", None, None, "", None),
                        GistFile("../../ü\n", "Vim Script", 1 << 40, "https://raw.example/?#", None),
                    ),
                    files_truncated=True,
                ),
                Gist("2", "", "", NOON, ()),
            ),
            (Unreadable("gist 17", MalformedRecord("a field is missing: 'é'")),),
            '+W/"0123"',
        ),
        ListingPage((), (), None),
        ListingPage((), (Unreadable("gist 18", MalformedRecord("it is null")),), ""),
    ),
    NOON,
)
"""A listing with everything in it that a store might lose."""
