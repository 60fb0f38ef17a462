"""What a search runs in its executor, and the messages that come back from there."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor
from queue import SimpleQueue

from attrs import define, frozen

from gistsearch.domain.file_search import FileSearch
from gistsearch.domain.results import FileMatch
from gistsearch.ports.gists import Deadline, Gist, GistSource, SourceError


@define(eq=False)
class Listing:
    """The walk through one user's gists."""

    username: str
    gists: int = 0
    """How many are known so far."""


@define(eq=False)
class OpenFile:
    """A file that is being searched; each step of its generator is one call in the executor."""

    search: FileSearch
    parts: Generator[FileMatch, None, None]


@frozen
class Listed:
    """One gist more of a user's."""

    listing: Listing
    gist: Gist


@frozen
class ListingOver:
    """No more gists of a user: all were listed, or what came next could not be."""

    listing: Listing
    error: SourceError | None


@frozen
class FileAdvanced:
    """A part of a file's matches, or where there is none the file's end."""

    file: OpenFile
    part: FileMatch | None
    error: SourceError | None


@frozen
class Crashed:
    """A call failed in a way that its port does not allow."""

    error: Exception


Message = Listed | ListingOver | FileAdvanced | Crashed


class Tasks:
    """Submits calls; each ends by a message, whatever happens in it. No call waits for another."""

    def __init__(self, executor: Executor, deadline: Deadline) -> None:
        self._executor = executor
        self._deadline = deadline
        self.inbox: SimpleQueue[Message] = SimpleQueue()

    def list(self, source: GistSource, listing: Listing) -> None:
        """Walk through a user's gists: a `Listed` each, and a `ListingOver`."""
        self._submit(lambda: self._list(source, listing))

    def advance(self, file: OpenFile) -> None:
        """Search a file up to its next part: one `FileAdvanced`. Not to be called again before that has come."""
        self._submit(lambda: self._advance(file))

    def _submit(self, call: Callable[[], None]) -> None:
        self._executor.submit(self._guarded, call)

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001  # a bug, here or in an adapter: whoever waits for a message learns of it
            self.inbox.put(Crashed(error))

    def _list(self, source: GistSource, listing: Listing) -> None:
        try:
            for gist in source.list_gists(listing.username, self._deadline):
                self.inbox.put(Listed(listing, gist))
        except SourceError as error:
            self.inbox.put(ListingOver(listing, error))
        else:
            self.inbox.put(ListingOver(listing, None))

    def _advance(self, file: OpenFile) -> None:
        try:
            part = next(file.parts, None)
        except SourceError as error:
            self.inbox.put(FileAdvanced(file, None, error))
            return
        if self._deadline.remaining_s() <= 0.0:
            file.parts.close()  # Nobody may be there to take a further step.
        self.inbox.put(FileAdvanced(file, part, None))
        if part is not None and part.last:
            file.parts.close()  # Behind the message, as it may take a moment to empty the connection.
