"""The conformance suite for the store port: subclass `GistStoreSuite` and override the fixture `open_store`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from gistsearch.ports.store import GistStore, Pack, StoredUser
from gistsearch.testing.store_fixtures import (
    NOON,
    ODD_LISTING,
    GistStoreFixtures,
    OpenStore,
    listing_of,
    same_or_equal,
    save,
)
from gistsearch.testing.stored_values import PackTests, StoredListingTests


class StoreUserTests(GistStoreFixtures):
    """What belongs to whom, and who uses how much."""

    def test_an_empty_store_has_nothing(self, open_store: OpenStore) -> None:
        """Nothing is stored for a user whom the store has never seen, and asking changes nothing."""
        store = open_store()
        user = store.load("octo")
        assert (user.listing, user.packs, user.used_at) == (None, (), None), "expected nothing to be stored"
        assert list(store.usage()) == [], "expected no user to take up space"

    def test_it_says_where_it_is(self, open_store: OpenStore) -> None:
        assert open_store().location.strip(), "expected words for users"

    def test_dropping_what_is_not_there_does_nothing(self, open_store: OpenStore) -> None:
        store = open_store()
        store.drop_listing("octo")
        store.drop_owner("octo")
        store.drop_packs([])
        assert list(store.usage()) == []

    def test_users_do_not_share_anything(self, open_store: OpenStore) -> None:
        store = open_store()
        store.save_listing("octo", listing_of("one"))
        save(store, "octo", b"text\n")
        assert store.load("other") == StoredUser(None, (), None, store.load("other").revision)

    def test_names_that_differ_in_case_are_one_user(self, open_store: OpenStore) -> None:
        """What is saved under one is found, confirmed and dropped under another."""
        store = open_store()
        store.save_listing("Octo", listing_of("one"))
        pack = save(store, "OCTO", b"text\n")
        store.touch("OctO", NOON + timedelta(minutes=1))
        user = open_store().load("octo")
        expected = listing_of("one", checked_at=NOON + timedelta(minutes=1))
        assert user.listing == expected, "expected the listing that was saved under another spelling"
        assert user.packs == (pack,), "expected the content that was saved under another spelling"
        assert store.load("oCTO", user).listing == expected, "expected what is known of a user in any spelling"
        assert [usage.owner for usage in store.usage()] == ["octo"], "expected one owner, in lower case"
        store.drop_listing("ocTo")
        assert open_store().load("Octo").listing is None, "expected the listing to be gone in every spelling"

    def test_what_is_known_is_not_read_again(self, open_store: OpenStore) -> None:
        """The very pages and packs of the known user come back if nothing but times has changed."""
        store = open_store()
        store.save_listing("octo", ODD_LISTING)
        save(store, "octo", b"text\n")
        known = open_store().load("octo")
        store.touch("octo", NOON + timedelta(hours=1))
        user = open_store().load("octo", known)
        assert user.listing is not None
        assert known.listing is not None
        assert user.listing.checked_at == NOON + timedelta(hours=1), "expected the time to be the new one"
        assert user.revision == known.revision
        for page, before in zip(user.listing.pages, known.listing.pages, strict=True):
            assert same_or_equal(page, before)
        assert user.packs == known.packs

    def test_what_is_known_is_not_believed_after_a_change(self, open_store: OpenStore) -> None:
        """Each change is seen, whichever handle made it."""
        changes: list[Callable[[GistStore], object]] = [
            lambda store: store.save_listing("octo", listing_of("one")),
            lambda store: save(store, "octo", b"text\n"),
            lambda store: store.save_listing("octo", listing_of("two")),
            lambda store: store.drop_listing("octo"),
            lambda store: store.drop_packs([pack.id for pack in store.load("octo").packs]),
            lambda store: save(store, "octo", b"text\n"),
            lambda store: store.drop_owner("octo"),
            lambda store: save(store, "octo", b"text\n"),
            lambda store: store.clear(),
        ]
        reader = open_store()
        known = reader.load("octo")
        for change in changes:
            change(open_store())
            expected = open_store().load("octo")
            assert expected.revision != known.revision, "expected another revision after a change"
            known = reader.load("octo", known)
            assert (known.listing, known.packs) == (expected.listing, expected.packs)

    def test_what_was_used_comes_last(self, open_store: OpenStore) -> None:
        """Saving and touching count as use; loading does not."""
        store = open_store()
        for username in ("one", "two", "three", "four"):
            save(store, username, b"text\n")
        store.load("one")
        store.touch("TWO")
        save(store, "three", b"more\n")
        assert [usage.owner for usage in open_store().usage()] == ["one", "four", "two", "three"]
        assert [usage.owner for usage in open_store().usage(limit=1)] == ["one"]

    def test_touching_what_is_not_there_does_nothing(self, open_store: OpenStore) -> None:
        store = open_store()
        store.touch("octo", NOON)
        assert list(store.usage()) == []
        assert store.load("octo").listing is None

    def test_it_says_what_each_user_takes_up(self, open_store: OpenStore) -> None:
        store = open_store()
        began = datetime.now(UTC) - timedelta(seconds=1)
        save(store, "small", b"s" * 10)
        pack = save(store, "large", b"l" * 1_000_000)
        small, large = open_store().usage()
        assert (small.owner, large.owner) == ("small", "large")
        assert 1_000_000 <= large.size_bytes < 1_100_000
        assert 10 <= small.size_bytes < 10_000
        assert large.packs == (pack.id,)
        assert began <= small.used_at <= large.used_at <= datetime.now(UTC) + timedelta(seconds=1)

    def test_space_is_given_back(self, open_store: OpenStore) -> None:
        """What is dropped takes up no space after `tidy`, and hardly any before."""
        store = open_store()
        before = store.size_bytes()
        packs = [save(store, "octo", b"%d" % number * 1_000_000) for number in range(1, 9)]
        full = store.size_bytes()
        assert full - before >= 8_000_000
        store.drop_packs([pack.id for pack in packs[:4]])
        assert store.size_bytes() <= full - 2_500_000
        store.drop_owner("octo")
        store.tidy()
        assert store.size_bytes() <= before + 500_000

    def test_a_dropped_owner_is_gone(self, open_store: OpenStore) -> None:
        """Under any spelling, and nobody else is."""
        store = open_store()
        for username in ("octo", "other"):
            store.save_listing(username, listing_of("one"))
        packs = [save(store, "octo", b"%d\n" % number) for number in range(20)]
        store.drop_owner("OCTO")
        store = open_store()
        assert [usage.owner for usage in store.usage()] == ["other"]
        assert store.load("octo").listing is None
        assert store.read_pack(packs[0]) is None
        assert store.load("other").listing is not None

    def test_a_cleared_store_is_empty(self, open_store: OpenStore) -> None:
        store = open_store()
        for username in ("one", "two"):
            store.save_listing(username, listing_of("one"))
            save(store, username, b"text\n")
        open_store().clear()
        assert list(store.usage()) == []
        assert [(user.listing, user.packs) for user in map(store.load, ("one", "two"))] == [(None, ())] * 2

    def test_threads_share_a_store(self, open_store: OpenStore) -> None:
        """They may use one handle or several, for one user or several; nothing is lost or mixed up."""
        handles = [open_store(), open_store()]
        start = threading.Barrier(8)

        def work(number: int) -> list[tuple[str, Pack, bytes]]:
            start.wait()
            saved: list[tuple[str, Pack, bytes]] = []
            for turn in range(6):
                store, username = handles[(number + turn) % 2], f"user{turn % 3}"
                text = b"%d %d\n" % (number, turn) * 1_000
                pack = save(store, username, text)
                store.save_listing(username, listing_of(f"{number} {turn}"))
                store.load(username)
                assert store.read_pack(pack) == text
                saved.append((username, pack, text))
            return saved

        with ThreadPoolExecutor(8) as executor:
            saved = [entry for entries in executor.map(work, range(8)) for entry in entries]
        store = open_store()
        for username, pack, text in saved:
            assert pack in store.load(username).packs
            assert store.read_pack(pack) == text
        assert all(store.load(username).listing for username in ("user0", "user1", "user2"))


class GistStoreSuite(StoredListingTests, PackTests, StoreUserTests):
    """The whole contract of `GistStore`."""
