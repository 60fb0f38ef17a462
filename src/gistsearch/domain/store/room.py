"""Room in the store: who has to go when it is full."""

from __future__ import annotations

import math

from gistsearch.ports.gists import user_key
from gistsearch.ports.store import GistStore

EVICTIONS = 2
"""Steps of eviction before something is saved. Each frees as much as is needed, so that a store that is too large gets
smaller, and yet no search waits long."""


def make_room(store: GistStore, max_bytes: int, needed_bytes: int, username: str) -> bool:
    """Drop what was used least recently until there is room, in a bounded number of steps.

    Args:
        store: the store.
        max_bytes: the space that it may take up.
        needed_bytes: how much is to be saved.
        username: for whom. Nothing of this user is dropped: content would only push out its own beginning.

    Returns:
        Whether there is room.

    Raises:
        StoreError: see there.
    """
    if _missing_bytes(store, max_bytes, needed_bytes) > 0:
        store.tidy()
    for _ in range(EVICTIONS):
        missing_bytes = _missing_bytes(store, max_bytes, needed_bytes)
        if missing_bytes <= 0 or not _evict(store, min(missing_bytes, needed_bytes), user_key(username)):
            break
        store.tidy()  # Else what was freed would count as taken.
    return _missing_bytes(store, max_bytes, needed_bytes) <= 0


def shrink(store: GistStore, max_bytes: int) -> None:
    """Drop what was used least recently until the store takes up no more than this.

    Raises:
        StoreError: see there.
    """
    store.tidy()
    while (missing_bytes := _missing_bytes(store, max_bytes, 0)) > 0 and _evict(store, missing_bytes):
        store.tidy()


def _missing_bytes(store: GistStore, max_bytes: int, needed_bytes: int) -> int:
    return store.size_bytes() + needed_bytes - max_bytes


def _evict(store: GistStore, needed_bytes: int, but: str | None = None) -> bool:
    """Drop packs of the owner who was used least recently, with the last one everything; return whether there is one.

    Args:
        store: the store.
        needed_bytes: how much space to free, if this owner takes up so much.
        but: an owner who is spared.
    """
    victim = next((usage for usage in store.usage(limit=2) if usage.owner != but), None)
    if victim is None:
        return False
    share = max(1, victim.size_bytes // max(1, len(victim.packs)))
    packs = victim.packs[: max(1, math.ceil(needed_bytes / share))]
    if len(packs) == len(victim.packs):
        store.drop_owner(victim.owner)
    else:
        store.drop_packs(packs)
    return True
