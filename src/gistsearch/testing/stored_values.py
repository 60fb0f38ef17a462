"""Tests of the listings and packs that a store keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gistsearch.ports.store import StoredListing
from gistsearch.testing.store_fixtures import (
    NOON,
    ODD_LISTING,
    GistStoreFixtures,
    OpenStore,
    assert_same_listing,
    content,
    listing_of,
    save,
)

TEXTS: dict[str, bytes] = {
    "plain": b"import requests\n",
    "nothing": b"",
    "no line end": b"no line end",
    "every byte": bytes(range(256)) * 300,
    "large": b"0123456789abcdef" * (1 << 17),
}


class StoredListingTests(GistStoreFixtures):
    """How listings are kept."""

    def test_a_listing_comes_back_as_it_was_saved(self, open_store: OpenStore) -> None:
        """Every field does, whatever it contains."""
        open_store().save_listing("octo", ODD_LISTING)
        assert_same_listing(open_store().load("octo").listing, ODD_LISTING)

    def test_a_listing_can_be_empty(self, open_store: OpenStore) -> None:
        """A user without gists is not one whom the store has never seen."""
        open_store().save_listing("octo", StoredListing((), NOON))
        assert open_store().load("octo").listing == StoredListing((), NOON)

    def test_a_new_listing_replaces_the_one_before(self, open_store: OpenStore) -> None:
        store = open_store()
        store.save_listing("octo", ODD_LISTING)
        store.save_listing("octo", listing_of("new", checked_at=NOON - timedelta(hours=1)))
        found = open_store().load("octo").listing
        assert found == listing_of("new", checked_at=NOON - timedelta(hours=1))

    def test_a_dropped_listing_is_gone(self, open_store: OpenStore) -> None:
        """The content stays: other gists may have the same."""
        store = open_store()
        store.save_listing("octo", listing_of("one"))
        save(store, "octo", b"text\n")
        store.drop_listing("octo")
        user = open_store().load("octo")
        assert user.listing is None, "expected the listing to be gone"
        assert len(user.packs) == 1, "expected the pack to be there"

    def test_a_confirmation_never_sets_a_listing_back(self, open_store: OpenStore) -> None:
        """It concerns one user, and a later time."""
        store = open_store()
        store.save_listing("octo", listing_of("one"))
        store.save_listing("other", listing_of("one"))
        store.touch("octo", NOON + timedelta(minutes=2))
        store.touch("octo", NOON + timedelta(minutes=1))
        times = [user.listing and user.listing.checked_at for user in map(open_store().load, ("octo", "other"))]
        assert times == [NOON + timedelta(minutes=2), NOON]


class PackTests(GistStoreFixtures):
    """How packs are kept."""

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    def test_a_pack_comes_back_as_it_was_saved(self, open_store: OpenStore, text: bytes) -> None:
        """Its text does byte by byte, and so does what it says about its files."""
        saved = save(open_store(), "octo", text)
        store = open_store()
        assert store.load("octo").packs == (saved,)
        assert store.read_pack(saved) == text

    def test_packs_come_back_in_order(self, open_store: OpenStore) -> None:
        """They do in the order in which they were saved, whoever saved them."""
        saved = [save(open_store(), "octo", b"%d\n" % number) for number in range(12)]
        assert list(open_store().load("octo").packs) == saved
        assert list(open_store().usage()[0].packs) == [pack.id for pack in saved]

    def test_a_pack_can_replace_others(self, open_store: OpenStore) -> None:
        store = open_store()
        old = [save(store, "octo", b"%d\n" % number) for number in range(3)]
        store.drop_packs([old[2].id])
        new = store.save_pack("octo", *content(b"new\n"), replaced=old[1:])
        store = open_store()
        assert store.load("octo").packs == (old[0], new)
        assert [store.read_pack(pack) for pack in (*old, new)] == [b"0\n", None, None, b"new\n"]

    def test_dropped_packs_are_gone(self, open_store: OpenStore) -> None:
        store = open_store()
        packs = [save(store, "octo", b"%d\n" % number) for number in range(30)]
        store.drop_packs([pack.id for pack in packs[:25]])
        store.drop_packs([packs[0].id, packs[25].id])
        store = open_store()
        assert list(store.load("octo").packs) == packs[26:]
        assert store.read_pack(packs[0]) is None

    def test_an_id_never_names_another_pack(self, open_store: OpenStore) -> None:
        """Whoever remembers a pack of before never gets the text of another one."""
        before = save(open_store(), "octo", b"before\n")
        open_store().clear()
        after = save(open_store(), "octo", b"after\n")
        assert before.id != after.id
        assert open_store().read_pack(before) is None
