"""Stores with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import pytest
from attrs import evolve

from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.ports.gists import user_key
from gistsearch.ports.store import Pack, PackedFile, StoredListing, StoredUser, StoreUsage
from gistsearch.testing import GistStoreSuite, OpenStore


class Flawless(InMemoryStore):
    """A store in memory. A flawed one passes something else on, or changes its answer."""


class HasNoWords(Flawless):
    @property
    def location(self) -> str:
        return ""


class RemembersWhoAsked(Flawless):
    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        self._changed(username)
        return super().load(username, known)


class MissesWhatIsNotThere(Flawless):
    def drop_owner(self, owner: str) -> None:
        del self._owners[owner.casefold()]


class KnowsOneUser(Flawless):
    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        return super().load("octo", known)

    def save_listing(self, username: str, listing: StoredListing) -> None:
        super().save_listing("octo", listing)


class KnowsCase(Flawless):
    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        return super().save_pack(username if username.islower() else f"{username}!", files, text, replaced)


class KnowsCaseOfListings(Flawless):
    def __init__(self) -> None:
        super().__init__()
        self._spellings: dict[str, str] = {}

    def save_listing(self, username: str, listing: StoredListing) -> None:
        self._spellings[user_key(username)] = username
        super().save_listing(username, listing)

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        user = super().load(username, known)
        return user if self._spellings.get(user_key(username)) == username else evolve(user, listing=None)


class TrustsWhatIsKnown(Flawless):
    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        return known or super().load(username)


class ForgetsUse(Flawless):
    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        pass


class TouchesWhatIsNotThere(Flawless):
    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        self._changed(username)
        super().touch(username, checked_at)


class GuessesSizes(Flawless):
    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        return [evolve(usage, size_bytes=4_096) for usage in super().usage(limit)]


class KeepsItsSpace(Flawless):
    most_bytes = 0

    def size_bytes(self) -> int:
        self.most_bytes = max(self.most_bytes, super().size_bytes())
        return self.most_bytes


class DropsOneSpelling(Flawless):
    def drop_owner(self, owner: str) -> None:
        if owner == owner.casefold():
            super().drop_owner(owner)


class ClearsNothing(Flawless):
    def clear(self) -> None:
        pass


class KeepsTextsForEachThread(Flawless):
    def __init__(self) -> None:
        super().__init__()
        self._own = threading.local()

    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        pack = super().save_pack(username, files, text, replaced)
        setattr(self._own, pack.id, text)
        return pack

    def read_pack(self, pack: Pack) -> bytes | None:
        return getattr(self._own, pack.id, None) and super().read_pack(pack)


class LosesUnreadableRecords(Flawless):
    def save_listing(self, username: str, listing: StoredListing) -> None:
        pages = tuple(evolve(page, unreadable=()) for page in listing.pages)
        super().save_listing(username, evolve(listing, pages=pages))


class TakesEmptyForNothing(Flawless):
    def save_listing(self, username: str, listing: StoredListing) -> None:
        if listing.pages:
            super().save_listing(username, listing)


class KeepsTheNewestListing(Flawless):
    def save_listing(self, username: str, listing: StoredListing) -> None:
        before = self.load(username).listing
        if before is None or before.checked_at <= listing.checked_at:
            super().save_listing(username, listing)


class DropsContentWithTheListing(Flawless):
    def drop_listing(self, username: str) -> None:
        self.drop_owner(username)


class ConfirmsAnything(Flawless):
    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        super().touch(username)
        for owner in self._owners.values() if checked_at else ():
            owner.listing = owner.listing and evolve(owner.listing, checked_at=checked_at)


class EndsAtANul(Flawless):
    def read_pack(self, pack: Pack) -> bytes | None:
        text = super().read_pack(pack)
        return text and text.partition(b"\0")[0]


class SortsPacksByName(Flawless):
    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        user = super().load(username, known)
        return evolve(user, packs=tuple(sorted(user.packs, key=lambda pack: pack.id)))


class ReplacesNothing(Flawless):
    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        return super().save_pack(username, files, text)


class DropsAFewPacks(Flawless):
    def drop_packs(self, pack_ids: Sequence[str]) -> None:
        super().drop_packs(pack_ids[:8])


class CountsAnew(Flawless):
    def clear(self) -> None:
        self.__init__()


def _suite(flawed: type[Flawless]) -> type:
    class Suite(GistStoreSuite):
        @pytest.fixture
        def open_store(self) -> OpenStore:
            store = flawed()
            return lambda: store

    return Suite


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
