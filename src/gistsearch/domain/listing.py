"""The walk through a user's listing: what is stored, what the source confirms, and what is new."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from operator import is_

from attrs import frozen

from gistsearch.domain.events import WarningType
from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.policy import TOUCH_AFTER_S
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistSource, ListingPage, MalformedRecord, UnknownUser
from gistsearch.ports.store import StoredListing, StoredUser

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@frozen
class Listed:
    """A listing that was walked to its end."""

    pages: tuple[ListingPage, ...]
    """Empty if nothing can be kept."""
    is_new: bool
    """Whether it differs from what was stored before."""


Walked = StoredUser | ListingPage | Listed
"""What a walk yields and returns."""


def walk(username: str, source: GistSource, store: StoreAccess, deadline: Deadline) -> Generator[Walked, None, Listed]:
    """Walk through the listing of a user.

    Yields:
        First what is stored for the user; then the pages, in order. A page that has not changed is the very object that
        is stored.

    Raises:
        SourceError, DeadlineExceeded: as the source does.
    """
    user = store.load(username)
    yield user
    if user.listing and _is_fresh(user.listing, store):
        yield from user.listing.pages
        _touch(username, user, store)
        return Listed(user.listing.pages, is_new=False)
    return (yield from _ask(username, user.listing, source, store, deadline))


def _ask(
    username: str, before: StoredListing | None, source: GistSource, store: StoreAccess, deadline: Deadline
) -> Generator[ListingPage, None, Listed]:
    known = before.pages if before else ()
    asked_at = store.now()
    pages: list[ListingPage] = []
    try:
        with closing(source.list_pages(username, deadline, known)) as listed:
            for page in listed:
                if store.is_writable:
                    pages.append(page)
                yield page
    except UnknownUser:
        store.drop_listing(username)
        raise
    listing = StoredListing(tuple(pages), asked_at)
    is_new = before is None or not _are_same(known, pages)
    if is_new and _can_be_stored(pages):
        store.save_listing(username, listing)
    elif before and not is_new and _age_s(before, store) >= store.policy.confirm_after_s:
        store.touch(username, asked_at)
    return Listed(listing.pages, is_new)


def _are_same(known: Sequence[ListingPage], pages: Sequence[ListingPage]) -> bool:
    return len(known) == len(pages) and all(map(is_, known, pages))


def _can_be_stored(pages: Sequence[ListingPage]) -> bool:
    """Return whether nothing is missing from a listing that may be there the next time."""
    return all(isinstance(record.error, MalformedRecord) for page in pages for record in page.unreadable)


def _is_fresh(listing: StoredListing, store: StoreAccess) -> bool:
    if store.policy.never_asks:
        return True
    return 0 <= _age_s(listing, store) <= store.policy.fresh_s  # A time in the future says that a clock was set.


def _touch(username: str, user: StoredUser, store: StoreAccess) -> None:
    if user.listing and store.policy.never_asks:
        detail = f"{username}: as of {user.listing.checked_at:%Y-%m-%d %H:%M} UTC, {_age(user.listing, store)}"
        store.warn(WarningType.OFFLINE, detail)
    if user.used_at and abs((store.now() - user.used_at).total_seconds()) >= TOUCH_AFTER_S:
        store.touch(username)


def _age_s(listing: StoredListing, store: StoreAccess) -> float:
    return (store.now() - listing.checked_at).total_seconds()


def _age(listing: StoredListing, store: StoreAccess) -> str:
    seconds = _age_s(listing, store)
    for unit, length_s in _UNITS:
        if (count := int(seconds // length_s)) > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "a moment ago"
