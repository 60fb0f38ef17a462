"""A bounded cache in memory, in front of another store."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from gistsearch.ports.gists import user_key
from gistsearch.ports.store import GistStore, Pack, PackedFile, StoredListing, StoredUser, StoreUsage

V = TypeVar("V")

GIST_BYTES = 2_000
"""About what a listed gist with its files takes up in memory."""
PACKED_FILE_BYTES = 250
"""About what the place of a file in a pack takes up in memory."""


class CachingStore(GistStore):
    """Keeps the texts and listings that were used last in memory, so that another search need not read them again.

    Packs never change, and listings are checked against the other store each time. So the cache is never stale.
    """

    def __init__(self, store: GistStore, max_bytes: int) -> None:
        """
        Args:
            store: where everything is.
            max_bytes: the most memory to use, roughly: three quarters for texts, one for listings.
        """
        self._store = store
        self._texts: _Cache[bytes] = _Cache(max_bytes * 3 // 4, len)
        self._users: _Cache[StoredUser] = _Cache(max_bytes // 4, _memory_of)

    @property
    def location(self) -> str:
        return self._store.location

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        key = user_key(username)
        user = self._store.load(username, self._users.get(key) or known)
        self._users.put(key, user)
        return user

    def read_pack(self, pack: Pack) -> bytes | None:
        text = self._texts.get(pack.id)
        if text is None and (text := self._store.read_pack(pack)) is not None:
            self._texts.put(pack.id, text)
        return text

    def save_listing(self, username: str, listing: StoredListing) -> None:
        self._store.save_listing(username, listing)

    def drop_listing(self, username: str) -> None:
        self._store.drop_listing(username)

    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        pack = self._store.save_pack(username, files, text, replaced)
        self._texts.put(pack.id, text)
        return pack

    def drop_packs(self, pack_ids: Sequence[str]) -> None:
        self._store.drop_packs(pack_ids)

    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        self._store.touch(username, checked_at)

    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        return self._store.usage(limit)

    def size_bytes(self) -> int:
        return self._store.size_bytes()

    def drop_owner(self, owner: str) -> None:
        self._store.drop_owner(owner)

    def tidy(self) -> None:
        self._store.tidy()

    def clear(self) -> None:
        self._store.clear()


class _Cache(Generic[V]):
    """A mapping that forgets what was used least recently when it grows too large."""

    def __init__(self, max_bytes: int, size_of: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._lock = threading.Lock()
        self._values: OrderedDict[str, V] = OrderedDict()
        self._size_bytes = 0

    def get(self, key: str) -> V | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: str, value: V) -> None:
        with self._lock:
            self._remove(key)
            if self._size_of(value) <= self._max_bytes:
                self._values[key] = value
                self._size_bytes += self._size_of(value)
            while self._size_bytes > self._max_bytes:
                self._remove(next(iter(self._values)))

    def _remove(self, key: str) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._size_bytes -= self._size_of(value)


def _memory_of(user: StoredUser) -> int:
    gists = sum(len(page.gists) for page in user.listing.pages) if user.listing else 0
    return GIST_BYTES * (1 + gists) + PACKED_FILE_BYTES * sum(len(pack.files) for pack in user.packs)
