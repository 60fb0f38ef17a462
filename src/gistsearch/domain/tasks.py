"""What a search runs in its executor, and the messages that come back from there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue

from attrs import define, frozen

from gistsearch.domain.file_search import FileSearch
from gistsearch.domain.results import FileMatch
from gistsearch.ports.gists import Deadline, DeadlineExceeded, Gist, GistSource, SourceError

BACKLOG = 64
"""So many messages may wait; while there are more, a worker that found something does not go on, and none is begun. So
memory does not grow where results are taken more slowly than they are found."""

TURN_S = 0.1
"""So long a worker goes from file to file before it queues up anew, behind the calls of other searches."""


@define(eq=False)
class Listing:
    """The walk through one user's gists."""

    username: str
    gists: int = 0
    """How many are known so far."""


@define(eq=False)
class OpenFile:
    """A file that is being searched."""

    search: FileSearch
    parts: Generator[FileMatch, None, None]

    def close(self) -> None:
        """End it here, if it has not ended."""
        with suppress(SourceError):  # All that there is to say of it was said.
            self.parts.close()


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
class PartFound:
    """Some of a file's matches, with more of the file to come: whoever takes them has to let the file go on."""

    file: OpenFile
    part: FileMatch


@frozen
class FileDone:
    """A file's end, with the last of its matches, if there are any."""

    search: FileSearch
    part: FileMatch | None = None
    error: SourceError | None = None
    unneeded: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell of it."""
        return self.part is None and self.error is None


@frozen
class WorkerIdle:
    """A worker found nothing more to do, and ended."""


@frozen
class Crashed:
    """A call failed in a way that its port does not allow."""

    error: Exception


Message = Listed | ListingOver | PartFound | FileDone | WorkerIdle | Crashed


class Tasks:
    """Calls in the executor. Each ends by a message, whatever happens in it; none waits for another.

    A worker goes from file to file by itself, and wakes nobody for a file without a match, so that a small file costs
    no change of threads.
    """

    def __init__(
        self,
        executor: Executor,
        source: GistSource,
        deadline: Deadline,
        open_file: Callable[[FileSearch], Generator[FileMatch, None, None]],
    ) -> None:
        """
        Args:
            executor: where the calls run.
            source: lists the gists.
            deadline: after it no file is begun.
            open_file: begins the search of a file.
        """
        self._executor = executor
        self._source = source
        self._deadline = deadline
        self._open_file = open_file
        self.inbox: SimpleQueue[Message] = SimpleQueue()
        self.waiting: deque[FileSearch] = deque()
        """The files that no worker has taken; one end for each side, so that it needs no lock."""
        self._quiet: deque[FileDone] = deque()

    def list(self, listing: Listing) -> None:
        """Walk through a user's gists: a `Listed` each, and a `ListingOver`."""
        self._submit(lambda: self._list(listing))

    @property
    def is_behind(self) -> bool:
        """Whether messages come faster than they are taken."""
        return self.inbox.qsize() > BACKLOG

    def drain_quiet(self) -> Iterator[FileDone]:
        """Yield the files of whose end there is nothing to tell, each once. They are no messages: look for them now and
        then. Behind a `WorkerIdle` all of that worker's are here.
        """
        while self._quiet:
            yield self._quiet.popleft()

    def work(self) -> None:
        """Search file after file: a `FileDone` each, and a `WorkerIdle` when there is no more to do for now; or a
        `PartFound`, and no more.
        """
        self._submit(lambda: self._work(None))

    def go_on(self, file: OpenFile) -> None:
        """Go on with a file behind its `PartFound`, then with others."""
        self._submit(lambda: self._work(file))

    def close(self) -> None:
        """Have all calls end as soon as they can, and close the files that nobody will let go on."""
        self._deadline.cancel()
        with suppress(Empty):
            while True:
                message = self.inbox.get_nowait()
                if isinstance(message, PartFound):
                    message.file.close()

    def _submit(self, call: Callable[[], None]) -> None:
        self._executor.submit(self._guarded, call).add_done_callback(self._mind_cancelling)

    def _mind_cancelling(self, future: Future[None]) -> None:
        if future.cancelled():
            self.inbox.put(Crashed(RuntimeError("the executor was shut down before the search was done")))

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001  # a bug, here or in an adapter: whoever waits for a message learns of it
            self.inbox.put(Crashed(error))

    def _list(self, listing: Listing) -> None:
        try:
            for gist in self._source.list_gists(listing.username, self._deadline):
                self.inbox.put(Listed(listing, gist))
        except SourceError as error:
            self.inbox.put(ListingOver(listing, error))
        else:
            self.inbox.put(ListingOver(listing, None))

    def _work(self, file: OpenFile | None) -> None:
        turn_ends_at = time.monotonic() + TURN_S
        while file := file or self._take():
            message = self._step(file)
            self._tell(message)
            if isinstance(message, PartFound):
                return
            file.close()  # Behind the message, as it may take a moment to empty the connection.
            if time.monotonic() > turn_ends_at or (message.part is not None and self.is_behind):
                break
            file = None
        self.inbox.put(WorkerIdle())

    def _tell(self, message: PartFound | FileDone) -> None:
        if isinstance(message, FileDone) and message.is_quiet:
            self._quiet.append(message)
        else:
            self.inbox.put(message)

    def _take(self) -> OpenFile | None:
        while self._deadline.remaining_s() > 0.0:
            try:
                search = self.waiting.popleft()
            except IndexError:
                return None
            if not search.is_unneeded:
                return OpenFile(search, self._open_file(search))
            self._tell(FileDone(search, unneeded=True))
        return None

    def _step(self, file: OpenFile) -> PartFound | FileDone:
        """Search a file up to its next part or its end."""
        try:
            part = next(file.parts, None)
        except SourceError as error:
            return FileDone(file.search, error=error)
        if part is None or part.last:
            return FileDone(file.search, part)
        if self._deadline.remaining_s() > 0.0:
            return PartFound(file, part)
        return FileDone(file.search, part, DeadlineExceeded("the time was up"))  # Nobody may be there to let it go on.
