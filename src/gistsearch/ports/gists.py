"""The gist source port: a place that holds people's public gists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from gistsearch.ports.deadline import Deadline


@frozen
class GistFile:
    """One file of a gist as the listing describes it. Its content is fetched separately."""

    filename: str
    language: str | None
    """The source's own name for the language (`Python`), or None if it knows none."""
    size_bytes: int | None
    """The length of the content, or None if the listing does not say."""
    raw_url: str
    """The address of the content, exactly as the source gave it."""
    blob_id: str | None
    """The git blob id of the content (40 hexadecimal digits, see `gistsearch.ports.blobs`), or None if the listing does
    not say."""


@frozen
class Gist:
    """One public gist and its files, in the source's order."""

    id: str
    url: str
    """The address of the gist's web page."""
    description: str | None
    updated_at: datetime
    """With a time zone."""
    files: tuple[GistFile, ...]
    files_truncated: bool = False
    """Whether the gist has more files than the source lists."""


def user_key(username: str) -> str:
    """Return what identifies a user: names that differ in case only are the same user's."""
    return username.casefold()


class SourceError(Exception):
    """Base class of every error that a source may raise. The message is meant for users and contains no secret."""


class UnknownUser(SourceError):
    """Indicates that the source has no such user."""


class SourceUnavailable(SourceError):
    """Indicates that the source cannot be reached, or keeps giving unusable answers after all retries."""


class SourceRateLimited(SourceError):
    """Indicates that the source refuses further requests for now."""

    def __init__(self, message: str, retry_after_s: float, reset_at: datetime) -> None:
        """
        Args:
            message: what happened, for users.
            retry_after_s: seconds from now until the source may be asked again.
            reset_at: the same moment on the clock, with a time zone.
        """
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.reset_at = reset_at

    def __reduce__(self) -> tuple[type[SourceRateLimited], tuple[str, float, datetime]]:
        return type(self), (str(self), self.retry_after_s, self.reset_at)


class AccessForbidden(SourceError):
    """Indicates that the source refuses access permanently: the content is blocked, or the credentials do not
    suffice.
    """


class LoginRequired(AccessForbidden):
    """Indicates that the content is only available to a user who has logged in."""


class ContentGone(SourceError):
    """Indicates that the content, or the gist that contained it, no longer exists."""


class ContentTooLarge(SourceError):
    """Indicates that the content is larger than the operator allows."""


class MalformedRecord(SourceError):
    """Indicates that a record of a listing has a form that cannot be read."""


class IntegrityMismatch(SourceError):
    """Indicates that the bytes received are not those that the listing promised (length or blob id)."""


class ForbiddenOrigin(SourceError):
    """Indicates that an address points outside the origins that the operator allows."""


@frozen
class Unreadable:
    """A record of a listing that could not be read, or a range of records."""

    subject: str
    """Names it for users: `gist 6b2972aa`, `gist 17`, `file 'a.py' of gist 6b2972aa`, `gists 101–150`."""
    error: SourceError
    """Why: `MalformedRecord`, or the error that kept a range from being fetched."""


@frozen
class ListingPage:
    """One page of a user's listing, in the source's order."""

    gists: tuple[Gist, ...]
    unreadable: tuple[Unreadable, ...] = ()
    validator: str | None = None
    """An opaque value with which the source can ask whether the page has changed; None if it cannot ask."""


class GistSource(Protocol):
    """A place that holds people's public gists.

    Both methods may be called from several threads at once. A generator may be advanced by different threads, but only
    by one at a time. Closing it releases everything that it holds.
    """

    @abstractmethod
    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        """List a user's public gists, newest first, page by page, without their content.

        Implementers must:

        - leave out secret gists;
        - walk every page, and yield each as soon as it and all pages before it are known;
        - report every record that cannot be read as `Unreadable`, and go on with the others;
        - raise when the walk cannot be completed, rather than end early.

        A gist may appear twice if the listing changes during the walk.

        Args:
            username: as the user typed it. Encode it before it becomes part of an address. A name in another case is
                the same user's, or nobody's (see `user_key`).
            deadline: checked between requests; a request ends at most half a second after it.
            known: the pages of an earlier walk, in order. A page that has not changed is yielded as the very object
                given here, provided that it has a validator.

        Raises (late, at the first `next` or a later one):
            UnknownUser: the source has no such user.
            SourceRateLimited, AccessForbidden, ForbiddenOrigin, SourceUnavailable: see there.
            DeadlineExceeded: the deadline passed.
        """
        raise NotImplementedError

    @abstractmethod
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        """Yield the content of a file, in order, in chunks of any size.

        Implementers must end the generator without an error only if all of the content was yielded and, if the listing
        gave a size and a blob id, matches both. Memory must not grow with the size of the file.

        Args:
            file: as `list_pages` gave it.
            deadline: checked between chunks; a request ends at most half a second after it.

        Raises (late, at any `next`; chunks yielded before may then be wrong or incomplete):
            IntegrityMismatch: the bytes are not those that the listing promised.
            ForbiddenOrigin, SourceRateLimited, AccessForbidden, LoginRequired, ContentGone, SourceUnavailable: see
                there.
            DeadlineExceeded: the deadline passed.
        """
        raise NotImplementedError
