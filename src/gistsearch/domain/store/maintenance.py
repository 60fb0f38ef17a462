"""What is done to a whole store, apart from any search: it is verified, or freed of what is not needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.domain.store.room import shrink
from gistsearch.domain.store.upkeep import rewrite_packs
from gistsearch.ports.store import GistStore, Pack, StoreDamaged, StoreUsage

TRIES = 2
"""By the time of the second try, what was damaged has been dropped."""


def verify(store: GistStore) -> Iterator[StoreDamaged | int]:
    """Read everything, so that what is damaged is dropped.

    Yields:
        The size of each text that is whole, in bytes, and each error because of which something was dropped.

    Raises:
        StoreUnavailable: see there.
    """
    usages: list[StoreUsage] = []
    yield from _damage_in(lambda: usages.extend(store.usage()))
    for usage in usages:
        packs: list[Pack] = []
        yield from _damage_in(lambda owner=usage.owner, packs=packs: packs.extend(store.load(owner).packs))
        for pack in packs:
            damage = list(_damage_in(lambda pack=pack: store.read_pack(pack)))
            yield from damage or [pack.text_bytes]


def prune(store: GistStore, policy: StorePolicy, clock: Callable[[], datetime]) -> None:
    """Drop what no listing names any more, and beyond the size of the policy what was used least recently.

    Raises:
        StoreError: see there.
    """
    for usage in store.usage():
        _drop_unlisted(usage, store, StoreAccess(store, policy, clock))
    shrink(store, policy.max_bytes)


def _damage_in(call: Callable[[], object]) -> Iterator[StoreDamaged]:
    """Call a method of the store until nothing that it reads is damaged, and yield what was."""
    for _ in range(TRIES):
        try:
            call()
            return
        except StoreDamaged as error:
            yield error


def _drop_unlisted(usage: StoreUsage, store: GistStore, access: StoreAccess) -> None:
    listing = store.load(usage.owner).listing
    if listing is None:
        store.drop_owner(usage.owner)
        return
    for _ in usage.packs:  # Each step replaces at least one.
        if not rewrite_packs(usage.owner, listing.pages, access, max_unused_share=0.0):
            break
