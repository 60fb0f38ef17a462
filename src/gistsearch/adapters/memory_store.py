"""A store in memory, for tests and for programs that search the same users again and again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from attrs import Factory, define, evolve

from gistsearch.ports.gists import user_key
from gistsearch.ports.store import GistStore, Pack, PackedFile, StoredListing, StoredUser, StoreUsage


def _now() -> datetime:
    return datetime.now(UTC)


@define
class _Owner:
    used_at: datetime
    revision: str
    listing: StoredListing | None = None
    packs: dict[str, Pack] = Factory(dict[str, Pack])


class InMemoryStore(GistStore):
    """Keeps everything until it is dropped or the process ends. Only the texts of packs count for its size."""

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        """
        Args:
            clock: returns the time, with a time zone.
        """
        self._clock = clock
        self._lock = threading.Lock()  # guards everything below
        self._owners: dict[str, _Owner] = {}
        self._texts: dict[str, bytes] = {}
        self._numbers = itertools.count(1)  # of packs and revisions

    @property
    def location(self) -> str:
        return "memory"

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        with self._lock:
            owner = self._owners.get(user_key(username))
            if owner is None:
                return StoredUser(None, (), None, "")
            packs = tuple(owner.packs.values())
            return StoredUser(owner.listing, packs, owner.used_at, owner.revision)

    def read_pack(self, pack: Pack) -> bytes | None:
        return self._texts.get(pack.id)

    def save_listing(self, username: str, listing: StoredListing) -> None:
        with self._lock:
            self._changed(username).listing = listing

    def drop_listing(self, username: str) -> None:
        with self._lock:
            if user_key(username) in self._owners:
                self._changed(username).listing = None

    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        with self._lock:
            pack = Pack(self._number(), tuple(files), len(text))
            self._texts[pack.id] = text
            self._changed(username).packs[pack.id] = pack
            self._drop([old.id for old in replaced])
        return pack

    def drop_packs(self, pack_ids: Sequence[str]) -> None:
        with self._lock:
            self._drop(pack_ids)

    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        with self._lock:
            if (owner := self._owners.get(user_key(username))) is None:
                return
            owner.used_at = self._clock()
            if owner.listing is not None and checked_at is not None and checked_at > owner.listing.checked_at:
                owner.listing = evolve(owner.listing, checked_at=checked_at)

    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        with self._lock:
            users = sorted(self._owners.items(), key=lambda item: item[1].used_at)
            return [
                StoreUsage(
                    name,
                    sum(pack.text_bytes for pack in owner.packs.values()),
                    tuple(owner.packs),
                    owner.used_at,
                )
                for name, owner in users[:limit]
            ]

    def size_bytes(self) -> int:
        with self._lock:
            return sum(map(len, self._texts.values()))

    def drop_owner(self, owner: str) -> None:
        with self._lock:
            dropped = self._owners.pop(user_key(owner), None)
            for pack_id in dropped.packs if dropped else ():
                del self._texts[pack_id]

    def tidy(self) -> None:
        """Do nothing: no space is held that is not needed."""

    def clear(self) -> None:
        with self._lock:
            self._owners.clear()
            self._texts.clear()

    def _number(self) -> str:
        return str(next(self._numbers))

    def _changed(self, username: str) -> _Owner:
        """Return the owner of what is about to change; it may be new."""
        owner = self._owners.setdefault(user_key(username), _Owner(self._clock(), ""))
        owner.used_at, owner.revision = self._clock(), self._number()
        return owner

    def _drop(self, pack_ids: Sequence[str]) -> None:
        for pack_id in pack_ids:
            self._texts.pop(pack_id, None)
            for owner in self._owners.values():
                if owner.packs.pop(pack_id, None):
                    owner.revision = self._number()
