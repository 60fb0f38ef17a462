"""Where gists come from: the source port, the values that cross it, and the errors that it may raise."""

from __future__ import annotations

import math
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

from attrs import frozen


@frozen
class GistFile:
    """One file of a gist, as the listing describes it; its content is fetched apart."""

    filename: str
    language: str | None
    """The source's own name of the language (`Python`), or None where it knows none."""
    size_bytes: int
    raw_url: str
    """Where the content lies, exactly as the source gave it."""
    blob_id: str | None
    """The git blob id of the content, 40 hex digits: `sha1(b"blob %d\\0" % size + content)`."""


@frozen
class Gist:
    """One public gist and its files, in the order of the source."""

    id: str
    url: str
    """The address of the gist's page, for people."""
    description: str | None
    updated_at: datetime
    """With a time zone."""
    files: tuple[GistFile, ...]
    files_truncated: bool = False
    """Whether the gist has more files than the source lists."""


class Wanted(Protocol):
    """Whatever asks for a file."""

    @property
    def file(self) -> GistFile:
        """As `list_gists` gave it."""
        raise NotImplementedError


W = TypeVar("W", bound=Wanted)


@frozen(eq=False)
class OpenedFile(Generic[W]):
    """A file that is being read."""

    wanted: W
    """The very object that asked for it."""
    chunks: Generator[bytes, None, None]
    """The content, as `GistSource.open_file` says. To be closed, even if no step of it was taken."""
    at_hand: bool
    """Whether all of the content is there, so that taking it waits for nothing."""


class SourceError(Exception):
    """Base of everything that a source may raise. The message is fit for users: it holds no secret."""


class UnknownUser(SourceError):
    """Indicates that the source has no such user."""


class SourceUnavailable(SourceError):
    """Indicates that the source cannot be reached or answers nonsense, after all retries."""


class SourceRateLimited(SourceError):
    """Indicates that the source refuses further requests for now."""

    def __init__(self, message: str, retry_after_s: float, reset_at: datetime) -> None:
        """
        Args:
            message: what happened, for users.
            retry_after_s: seconds until the source may be asked again, from now.
            reset_at: the same moment on the clock, with a time zone.
        """
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.reset_at = reset_at


class AccessForbidden(SourceError):
    """Indicates that the source refuses this content for good (blocked, or the credentials do not suffice)."""


class ContentGone(SourceError):
    """Indicates that the content, or the gist that held it, is no longer there."""


class IntegrityMismatch(SourceError):
    """Indicates that the bytes received are not those that the listing promised (length or blob id)."""


class ForbiddenOrigin(SourceError):
    """Indicates that an address points outside the origins that the operator allows."""


class DeadlineExceeded(SourceError):
    """Indicates that the time was up, or that the search was cancelled, before the work was done."""


class Deadline:
    """The moment at which work has to be over: after some seconds, or as soon as someone cancels it.

    One object is shared by all threads that work on one search; every method may be called from any of them.
    """

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            seconds: from now on, or None for no limit but `cancel`.
            clock: monotonic seconds.
        """
        self._clock = clock
        self._ends_at = math.inf if seconds is None else clock() + seconds
        self._cancelled = threading.Event()

    def remaining_s(self) -> float:
        """Return the seconds that are left: 0.0 when it is over, `math.inf` where there is no limit."""
        return 0.0 if self._cancelled.is_set() else max(0.0, self._ends_at - self._clock())

    def check(self) -> None:
        """Return at once while there is time left.

        Raises:
            DeadlineExceeded: when there is none.
        """
        if self._cancelled.is_set() or self._clock() >= self._ends_at:
            raise DeadlineExceeded("the search was stopped before it was done")

    def cancel(self) -> None:
        """End it now; wakes every `sleep`."""
        self._cancelled.set()

    def sleep(self, seconds: float) -> None:
        """Pause for so many seconds.

        Raises:
            DeadlineExceeded: at once where the pause would outlast the deadline, or as soon as it is cancelled.
        """
        if seconds >= self.remaining_s() or self._cancelled.wait(seconds):
            raise DeadlineExceeded("the search was stopped before it was done")


class GistSource(Protocol):
    """A place that holds people's public gists.

    Both methods may be called from several threads at once, and their generators advanced by different threads in turn
    (never by two at once). Closing a generator frees whatever it holds.
    """

    @abstractmethod
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        """List a user's public gists, each once, newest first, without their content.

        What an implementer owes: secret gists never appear; every page of the listing is walked; a gist is yielded as
        soon as it is known; a walk that cannot be finished raises, it never just ends.

        Args:
            username: as the user typed it; it is never trusted as part of an address.
            deadline: checked between requests and honoured within them, to half a second.

        Raises (late, at the first `next` or a later one):
            UnknownUser: the source has no such user.
            SourceRateLimited, AccessForbidden, ForbiddenOrigin, SourceUnavailable: as their names say.
            DeadlineExceeded: the deadline passed.
        """
        raise NotImplementedError

    @abstractmethod
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        """Yield the content of a file, in order, in chunks of any size.

        What an implementer owes: the generator ends without an error only when the whole content was yielded and, where
        the listing gave a blob id, hashes to it. Memory does not grow with the size of the file.

        Args:
            file: as `list_gists` gave it.
            deadline: checked between chunks and honoured within requests, to half a second.

        Raises (late, at any `next`; chunks that were yielded before may then be wrong or incomplete):
            IntegrityMismatch: the bytes are not those that the listing promised.
            ForbiddenOrigin, SourceRateLimited, AccessForbidden, ContentGone, SourceUnavailable: as their names say.
            DeadlineExceeded: the deadline passed.
        """
        raise NotImplementedError


@runtime_checkable
class MultiplexingSource(GistSource, Protocol):
    """A source that waits for many files at once in one thread: an offer, which no source has to make.

    For small files that costs a fraction of what it costs to wait for each in a thread of its own. Whatever a search
    reads of such a source, it reads by `open_files`.
    """

    @abstractmethod
    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        """Open files, many at once, each yielded as soon as its content is there.

        What an implementer owes: each file that was taken is yielded once, in any order, unless `DeadlineExceeded` is
        raised or the generator is closed. One that is large, or cannot be had soon and at the first try, is yielded
        with `at_hand` false: whatever has to be waited for, tried again or raised is left to its chunks, so that no
        file keeps the others waiting. Closing the generator frees all that was not yielded.

        Chunks that are not at hand are read in another thread, or when the generator has ended: they may have to wait
        for what others hold. They themselves hold nothing that others wait for, until their first step.

        Args:
            take: gives the next file, or None if there is none for now; called from the thread that advances the
                generator, whenever there is room for a file. While something is under way it is asked again and again,
                many times a second; where it gives None and nothing is under way, the generator ends. It may also end,
                without taking more, where nothing can be begun for now.
            at_once: for how many files it may wait at the same time. As many again may have come, and not be yielded.
            deadline: honoured while waiting, to half a second.

        Raises (late, at any `next`):
            DeadlineExceeded: the deadline passed. Nothing else: what is wrong with a file is raised by its chunks.
        """
        raise NotImplementedError
