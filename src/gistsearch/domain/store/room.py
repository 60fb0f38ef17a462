"""Room in the store: who has to go when it is full."""

from __future__ import annotations

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
    if store.size_bytes() + needed_bytes > max_bytes:
        store.tidy()
    for _ in range(EVICTIONS):
        if store.size_bytes() + needed_bytes <= max_bytes or not _evict(store, needed_bytes, username.casefold()):
            break
    return store.size_bytes() + needed_bytes <= max_bytes


def shrink(store: GistStore, max_bytes: int) -> None:
    """Drop what was used least recently until the store takes up no more than this.

    Raises:
        StoreError: see there.
    """
    store.tidy()
    while store.size_bytes() > max_bytes and _evict(store, store.size_bytes() - max_bytes):
        pass


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
    if victim.size_bytes <= needed_bytes or len(victim.packs) <= 1:
        store.drop_owner(victim.owner)
    else:
        share = max(1, victim.size_bytes // len(victim.packs))
        store.drop_packs(victim.packs[: 1 + needed_bytes // share])
    return True
