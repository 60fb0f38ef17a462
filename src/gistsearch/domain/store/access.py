"""The store as one search uses it: an error of the store is a warning, never an error of the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from gistsearch.domain.events import SearchWarning, WarningType
from gistsearch.domain.store.packing import Batch
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.domain.store.room import make_room
from gistsearch.ports.store import GistStore, Pack, PackedFile, StoreDamaged, StoredListing, StoredUser, StoreError

T = TypeVar("T")

NOTHING = StoredUser(None, (), None, "")


class StoreAccess:
    """Reads from the store and writes to it for as long as that works.

    Any thread may call its methods; only one may call `take_warnings`.
    """

    def __init__(self, store: GistStore | None, policy: StorePolicy, clock: Callable[[], datetime]) -> None:
        """
        Args:
            store: None for none. Then nothing is found, and nothing is kept.
            policy: what to keep.
            clock: returns the time, with a time zone.
        """
        self.policy = policy
        self.now = clock
        self._store = store
        self._is_writable = store is not None
        self._warnings: dict[SearchWarning, None] = {}
        self._taken_warnings = 0
        self._places: dict[str, Mapping[str, tuple[Pack, PackedFile]]] = {}

    @property
    def is_writable(self) -> bool:
        """Whether there is any point in keeping something."""
        return self._is_writable

    def load(self, username: str) -> StoredUser:
        """Return what is stored for a user."""
        return self._read(lambda store: store.load(username)) or NOTHING

    def read_pack(self, pack: Pack) -> bytes | None:
        """Return the text of a pack, or None if it cannot be had."""
        return self._read(lambda store: store.read_pack(pack))

    def read_text(self, username: str, pack: Pack, file: PackedFile) -> bytes | None:
        """Return the text of a file in a user's pack, or None if it cannot be had.

        If the pack is gone, another search may have put its content into another one meanwhile.
        """
        text = self.read_pack(pack)
        if text is None and (moved := self._places_now(username).get(file.blob_id)):
            pack, file = moved
            text = self.read_pack(pack)
        return None if text is None else text[file.start : file.end]

    def save_listing(self, username: str, listing: StoredListing) -> None:
        """Store a listing."""
        self._write(lambda store: store.save_listing(username, listing))

    def drop_listing(self, username: str) -> None:
        """Forget a listing."""
        self._write(lambda store: store.drop_listing(username))

    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        """Note that what is stored for a user is used, and when the source confirmed the listing, if it did."""
        self._write(lambda store: store.touch(username, checked_at))

    def save_pack(self, username: str, batch: Batch) -> None:
        """Store new content, as far as there is room for it."""
        self._write(lambda store: self._save_pack(store, username, batch))

    def replace_packs(self, username: str, packs: Sequence[Pack], batch: Batch | None) -> None:
        """Store those texts of some packs that are still in use in place of the packs; None: there are none."""
        if batch:
            self._write(lambda store: store.save_pack(username, batch.files, batch.text, packs))
        else:
            self._write(lambda store: store.drop_packs([pack.id for pack in packs]))

    def warn(self, kind: WarningType, detail: str) -> None:
        """Have something reported, once."""
        self._warnings.setdefault(SearchWarning(kind, detail))

    def take_warnings(self) -> Iterator[SearchWarning]:
        """Yield the warnings that have not been yielded yet."""
        new = list(self._warnings)[self._taken_warnings :]
        self._taken_warnings += len(new)
        yield from new

    def _places_now(self, username: str) -> Mapping[str, tuple[Pack, PackedFile]]:
        """Return where a user's content is since the first pack was found to be gone."""
        if username not in self._places:
            packs = self.load(username).packs
            self._places[username] = {file.blob_id: (pack, file) for pack in packs for file in pack.files}
        return self._places[username]

    def _save_pack(self, store: GistStore, username: str, batch: Batch) -> None:
        if not make_room(store, self.policy.max_bytes, batch.stored_bytes, username):
            self._is_writable = False
            size = f"GISTSEARCH_STORE_MAX_BYTES is {self.policy.max_bytes:,}"
            self.warn(WarningType.STORE, f"the store is full, so new content is not kept ({size})")
            batch = batch.cut(self.policy.max_bytes - store.size_bytes())
        if batch.files:
            store.save_pack(username, batch.files, batch.text)

    def _read(self, call: Callable[[GistStore], T]) -> T | None:
        try:
            return self._try(call)
        except StoreError:
            self._store, self._is_writable = None, False
            return None

    def _write(self, call: Callable[[GistStore], object]) -> None:
        try:
            if self._is_writable:
                self._try(call)
        except StoreError:
            self._is_writable = False

    def _try(self, call: Callable[[GistStore], T]) -> T | None:
        """Call a method of the store, if there is one, and report its errors.

        Raises:
            StoreError: it failed, and will again.
        """
        try:
            return self._call(call)
        except StoreDamaged:
            return self._call(call)  # By now, what was damaged has been dropped.

    def _call(self, call: Callable[[GistStore], T]) -> T | None:
        store = self._store  # Another thread may be giving it up.
        try:
            return None if store is None else call(store)
        except StoreError as error:
            self.warn(WarningType.STORE, str(error))
            raise
