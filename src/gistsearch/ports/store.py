"""The store port: keeps listings and content between searches, so that nothing is downloaded twice."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from gistsearch.ports.gists import ListingPage


class StoreError(Exception):
    """Base class of every error that a store may raise. The message is meant for users."""


class StoreUnavailable(StoreError):
    """Indicates that the store cannot be used for now: the disk is full, the place is read-only or locked, ..."""


class StoreDamaged(StoreError):
    """Indicates that something stored is not what was saved. It has been dropped or set aside if possible, and the
    store can be used again.
    """


@frozen
class PackedFile:
    """One file's content as it lies in a pack."""

    blob_id: str
    """The git blob id of the content (40 hexadecimal digits)."""
    size_bytes: int
    """The length of the content, as the listing gives it."""
    start: int
    end: int
    """Where the searchable text of the content lies in the text of the pack: half-open, in bytes."""


@frozen
class Pack:
    """The searchable texts of many files in one, so that an engine can search all of them in one call.

    The texts follow each other in the order of `files`. A text that does not end with a line feed has one after it that
    is not part of it, so that no line belongs to two files. The content of a pack never changes.
    """

    id: str
    """Opaque. It never names another pack, not even after the store was cleared."""
    files: tuple[PackedFile, ...]
    text_bytes: int
    """The length of the text."""


@frozen
class StoredListing:
    """A user's listing as the source gave it, to its end."""

    pages: tuple[ListingPage, ...]
    """What they report as unreadable is always a `MalformedRecord`: nothing else stays as it is."""
    checked_at: datetime
    """When the source last confirmed it, with a time zone."""


@frozen
class StoredUser:
    """All that is stored for one user, except for the texts of the packs."""

    listing: StoredListing | None
    packs: tuple[Pack, ...]
    """In the order in which they were saved."""
    used_at: datetime | None
    """When it was last used, with a time zone; None if nothing is stored. It may lag behind."""
    revision: str
    """Opaque. It is another one whenever the pages of the listing or the packs are others."""


@frozen
class StoreUsage:
    """What one user takes up in a store."""

    owner: str
    """The user, by `user_key`."""
    size_bytes: int
    """The size of everything that is stored for the user, roughly."""
    packs: tuple[str, ...]
    """The ids of the packs, in the order in which they were saved."""
    used_at: datetime
    """With a time zone."""


class GistStore(Protocol):
    """A place that keeps listings and content between searches.

    What is stored belongs to a user. Names that differ in case only are the same user's (see `user_key`), so what was
    saved under one of them is found under each.

    All methods may be called from several threads and processes at once. A change of a listing or a pack is atomic: it
    takes effect wholly or not at all, even if the process is killed. No method blocks for more than a few seconds.

    Unless noted, every method raises:
        StoreUnavailable: the store cannot be used for now. Nothing has changed.
        StoreDamaged: see there.
    """

    @property
    @abstractmethod
    def location(self) -> str:
        """Where the store is, in words for users. Never raises."""
        raise NotImplementedError

    @abstractmethod
    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        """Return what is stored for a user. What it returns is exactly what was saved, or it raises.

        Args:
            username: in any case.
            known: what an earlier call returned for this user. If only times have changed since, its pages and packs
                are returned, without being read again.
        """
        raise NotImplementedError

    @abstractmethod
    def read_pack(self, pack: Pack) -> bytes | None:
        """Return the text of a pack, exactly as it was saved, or None if it cannot be had any more.

        Args:
            pack: as `load` or `save_pack` returned it.
        """
        raise NotImplementedError

    @abstractmethod
    def save_listing(self, username: str, listing: StoredListing) -> None:
        """Store a user's listing in place of the one before."""
        raise NotImplementedError

    @abstractmethod
    def drop_listing(self, username: str) -> None:
        """Forget a user's listing, if there is one."""
        raise NotImplementedError

    @abstractmethod
    def save_pack(self, username: str, files: Sequence[PackedFile], text: bytes, replaced: Sequence[Pack] = ()) -> Pack:
        """Store a pack, and drop other ones in the same step.

        Args:
            username: in any case.
            files, text: see `Pack`.
            replaced: packs to drop. It does not matter if some are gone already.
        """
        raise NotImplementedError

    @abstractmethod
    def drop_packs(self, pack_ids: Sequence[str]) -> None:
        """Drop packs, as far as they are still there, and give their space back."""
        raise NotImplementedError

    @abstractmethod
    def touch(self, username: str, checked_at: datetime | None = None) -> None:
        """Note that a user's data is used now. Does nothing if nothing is stored. Saving counts as use as well.

        Args:
            username: in any case.
            checked_at: when the source confirmed the listing, with a time zone; None if it was not asked. An earlier
                time than the stored one is ignored.
        """
        raise NotImplementedError

    @abstractmethod
    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        """Return what each owner takes up, the least recently used one first.

        Args:
            limit: the most to return; None for all.
        """
        raise NotImplementedError

    @abstractmethod
    def size_bytes(self) -> int:
        """Return how much space the store takes up."""
        raise NotImplementedError

    @abstractmethod
    def drop_owner(self, owner: str) -> None:
        """Forget everything about a user.

        Args:
            owner: in any case.
        """
        raise NotImplementedError

    @abstractmethod
    def tidy(self) -> None:
        """Give back the space that is not needed, and delete what was set aside."""
        raise NotImplementedError

    @abstractmethod
    def clear(self) -> None:
        """Forget everything."""
        raise NotImplementedError
