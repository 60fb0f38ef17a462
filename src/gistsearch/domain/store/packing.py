"""Texts that are put together to packs, and packs that are worth being put together anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from attrs import frozen

from gistsearch.domain.store.policy import PACK_BYTES, SAVE_AFTER_S
from gistsearch.ports.store import Pack, PackedFile

MAX_SMALL_PACKS = 8
"""How many packs of a user may be less than half full."""
MAX_UNUSED_SHARE = 0.25
"""The share of a pack's text that a search leaves although it is not in use."""
MAX_REWRITTEN = 32
"""How many packs are put together at once. So no search spends more than a moment on it."""
PACK_OVERHEAD_BYTES = 1 << 15
"""The most that a store takes up for a pack besides its text and its files: stores use whole pages."""
FILE_OVERHEAD_BYTES = 40
"""About what a store takes up for each file of a pack."""


@frozen
class Batch:
    """The content of a pack that is not stored yet; see `Pack`."""

    files: tuple[PackedFile, ...]
    text: bytes

    @property
    def stored_bytes(self) -> int:
        """About how much space it takes up in a store, rather too much than too little."""
        return _stored_bytes(len(self.files), len(self.text))

    def cut(self, max_bytes: int) -> Batch:
        """Return the first files, as many as take up no more space than this."""
        fitting = [file for count, file in enumerate(self.files, 1) if _stored_bytes(count, file.end + 1) <= max_bytes]
        return Batch(tuple(fitting), self.text[: fitting[-1].end + 1] if fitting else b"")


@frozen
class UsedPack:
    """A pack and those of its files that are in use."""

    pack: Pack
    files: tuple[PackedFile, ...]

    @property
    def used_bytes(self) -> int:
        """The length of the texts in use."""
        return _length(self.files)

    @property
    def unused_bytes(self) -> int:
        """The length of the other texts."""
        return _length(self.pack.files) - self.used_bytes


class PackBuilder:
    """Collects texts for a pack."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """
        Args:
            clock: returns monotonic seconds.
        """
        self._clock = clock
        self._files: list[PackedFile] = []
        self._texts: list[bytes] = []
        self._size_bytes = 0
        self._begun_s = 0.0

    def add(self, blob_id: str, size_bytes: int, text: bytes) -> None:
        """Add the searchable text of some content.

        Args:
            blob_id, size_bytes: of the content.
            text: its text.
        """
        if not self._files:
            self._begun_s = self._clock()
        start, end = self._size_bytes, self._size_bytes + len(text)
        self._files.append(PackedFile(blob_id, size_bytes, start, end))
        line_end = b"\n" if text and not text.endswith(b"\n") else b""
        self._texts += text, line_end
        self._size_bytes = end + len(line_end)

    def has_room_for(self, text: bytes) -> bool:
        """Return whether the pack would not become too large with this text."""
        return not self._files or self._size_bytes + len(text) <= PACK_BYTES

    def is_due(self) -> bool:
        """Return whether the pack should be stored now."""
        is_full = self._size_bytes >= PACK_BYTES
        return bool(self._files) and (is_full or self._clock() - self._begun_s >= SAVE_AFTER_S)

    def take(self) -> Batch | None:
        """Return what was collected, if anything was, and begin a new pack."""
        if not self._files:
            return None
        batch = Batch(tuple(self._files), b"".join(self._texts))
        self._files, self._texts, self._size_bytes = [], [], 0
        return batch


def packs_to_rewrite(
    packs: Sequence[Pack], used: Collection[str], max_unused_share: float = MAX_UNUSED_SHARE
) -> Sequence[UsedPack]:
    """Choose packs that should be replaced by one: much of them is not in use, or there are too many small ones.

    Args:
        packs: all packs of a user.
        used: the blob ids of the content in use.
        max_unused_share: the share of a pack's text that need not be in use.

    Returns:
        Packs whose used texts fit into one pack; none if it is not worth the trouble.
    """
    candidates = _with_used_files(packs, used)
    wasteful = [pack for pack in candidates if pack.unused_bytes > max_unused_share * pack.pack.text_bytes]
    small = [pack for pack in candidates if pack not in wasteful and pack.used_bytes < PACK_BYTES // 2]
    if not wasteful and len(small) <= MAX_SMALL_PACKS:
        return ()
    chosen: list[UsedPack] = []
    room = PACK_BYTES
    for pack in (wasteful + small)[:MAX_REWRITTEN]:
        room -= pack.used_bytes
        if chosen and room < 0:
            break
        chosen.append(pack)
    return chosen


def _stored_bytes(files: int, text_bytes: int) -> int:
    return PACK_OVERHEAD_BYTES + FILE_OVERHEAD_BYTES * files + text_bytes


def _length(files: Sequence[PackedFile]) -> int:
    return sum(file.end - file.start for file in files)


def _with_used_files(packs: Sequence[Pack], used: Collection[str]) -> Sequence[UsedPack]:
    """Return the packs with their files in use. Of content that is in several packs, only the first one counts."""
    left = set(used)
    found: list[UsedPack] = []
    for pack in packs:
        files = tuple([file for file in pack.files if file.blob_id in left])
        left.difference_update([file.blob_id for file in files])
        found.append(UsedPack(pack, files))
    return found
