"""What is done to a user's packs after a search that has changed them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.packing import MAX_UNUSED_SHARE, PackBuilder, UsedPack, packs_to_rewrite
from gistsearch.ports.gists import ListingPage


def rewrite_packs(
    username: str, pages: Sequence[ListingPage], store: StoreAccess, max_unused_share: float = MAX_UNUSED_SHARE
) -> bool:
    """Replace some packs by one, if much of them is not in use any more or they are small.

    Args:
        username: whose.
        pages: the whole listing of the user.
        store: the store.
        max_unused_share: see `packs_to_rewrite`.

    Returns:
        Whether there was anything to replace.
    """
    used = {file.blob_id for page in pages for gist in page.gists for file in gist.files if file.blob_id}
    chosen = packs_to_rewrite(store.load(username).packs, used, max_unused_share)
    builder = PackBuilder(time.monotonic)
    replaced = [pack.pack for pack in chosen if not pack.files or _copy(pack, builder, store)]
    if replaced:
        store.replace_packs(username, replaced, builder.take())
    return bool(replaced)


def _copy(pack: UsedPack, builder: PackBuilder, store: StoreAccess) -> bool:
    """Add a pack's used texts to another one; return whether they could be had."""
    text = store.read_pack(pack.pack)
    if text is None:
        return False
    for file in pack.files:
        builder.add(file.blob_id, file.size_bytes, text[file.start : file.end])
    return True
