"""What a search runs in its executor."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from gistsearch.domain.file_search import FileSearch
from gistsearch.domain.messages import (
    Crashed,
    FileDone,
    FileOpened,
    Listed,
    Listing,
    ListingOver,
    Message,
    OpenerIdle,
    OpenFile,
    PartFound,
    WorkerIdle,
)
from gistsearch.domain.results import FileMatch
from gistsearch.ports.gists import Deadline, DeadlineExceeded, GistSource, MultiplexingSource, SourceError

BACKLOG = 64
"""So many messages may wait; while there are more, a worker that found something does not go on, and none is begun. So
memory does not grow where results are taken more slowly than they are found."""

TURN_S = 0.1
"""So long a worker goes from file to file before it queues up anew, behind the calls of other searches."""
OPENERS_TURN_S = 0.5
"""The same for an opener, where there are other searches: it has to let what is under way run dry first."""
SLOW_S = 0.03
"""A file at hand that takes the processor for longer shows that searching is work for more than one thread: for a small
file it takes a hostile pattern. With others, Python is what takes the time, and of that one thread can run."""

_T = TypeVar("_T")


class Tasks:
    """Calls in the executor. Each ends by a message, whatever happens in it; none waits for another.

    A worker goes from file to file by itself, and wakes nobody for a file without a match, so that a small file costs
    no change of threads. Where the source can wait for many files in one thread, one call opens all of them, and
    searches those that are at hand; the others it leaves to workers.
    """

    def __init__(
        self,
        executor: Executor,
        source: GistSource,
        deadline: Deadline,
        search_file: Callable[[FileSearch, Generator[bytes, None, None]], Generator[FileMatch, None, None]],
        running: set[Tasks],
    ) -> None:
        """
        Args:
            executor: where the calls run.
            source: lists the gists and opens their files.
            deadline: after it no file is begun.
            search_file: begins the search of a file that was opened.
            running: the tasks of all searches that share the executor, from `begin` to `close`.
        """
        self._executor = executor
        self._source = source
        self._multiplexing = source if isinstance(source, MultiplexingSource) else None
        self._deadline = deadline
        self._search_file = search_file
        self._running = running
        self.inbox: SimpleQueue[Message] = SimpleQueue()
        # Files that nobody has taken. Each side has one end of a queue, so that it needs no lock.
        self._waiting: deque[FileSearch] = deque()  # for the opener, or for workers where there is none
        self._open_files: deque[OpenFile] = deque()  # for workers, before the others
        self._quiet: deque[FileDone] = deque()

    def begin(self) -> None:
        """Count as running."""
        self._running.add(self)

    def list(self, listing: Listing) -> None:
        """Walk through a user's gists: a `Listed` each, and a `ListingOver`."""
        self._submit(lambda: self._list(listing))

    def add(self, search: FileSearch) -> None:
        """Take in a file that is to be searched."""
        self._waiting.append(search)

    def put_back(self, file: OpenFile) -> None:
        """Let a file go on behind its `PartFound`."""
        self._open_files.appendleft(file)

    @property
    def waiting_for_workers(self) -> int:
        """How many files are there for workers to take."""
        return len(self._open_files) + (0 if self._multiplexing else len(self._waiting))

    @property
    def waiting_for_opener(self) -> int:
        """How many files are there for the opener to take."""
        return len(self._waiting) if self._multiplexing else 0

    @property
    def is_behind(self) -> bool:
        """Whether messages come faster than they are taken."""
        return self.inbox.qsize() > BACKLOG

    def drain_quiet(self) -> Iterator[FileDone]:
        """Yield the files of whose end there is nothing to tell, each once. They are no messages: look for them now and
        then. Behind a `WorkerIdle` all of that worker's are here, and likewise behind an `OpenerIdle`.
        """
        while self._quiet:
            yield self._quiet.popleft()

    def work(self) -> None:
        """Search file after file: a `FileDone` or a `PartFound` each, and at the end a `WorkerIdle`."""
        self._submit(self._work)

    def open(self, at_once: int) -> None:
        """Open file after file, so many at once: a `FileDone`, `PartFound` or `FileOpened` each, and at the end an
        `OpenerIdle`.
        """
        source = self._multiplexing
        assert source is not None  # noqa: S101  # or no file would wait for that
        self._submit(lambda: self._open(source, at_once))

    def close(self) -> None:
        """Have all calls end as soon as they can, and close the files that nobody will let go on."""
        self._running.discard(self)
        self._deadline.cancel()
        with suppress(Empty):
            while True:
                message = self.inbox.get_nowait()
                if isinstance(message, PartFound):
                    message.file.close()
        self._close_open_files()

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

    def _work(self) -> None:
        turn_ends_at = time.monotonic() + TURN_S
        while file := self._take():
            message = self._proceed(file)
            if isinstance(message, PartFound):  # One file a worker: others would keep their connections meanwhile.
                break
            if time.monotonic() > turn_ends_at or (message.part is not None and self.is_behind):
                break
        self.inbox.put(WorkerIdle())

    def _open(self, source: MultiplexingSource, at_once: int) -> None:
        turn_ends_at = time.monotonic() + OPENERS_TURN_S
        taken: set[FileSearch] = set()
        is_over = is_slow = False

        def take() -> FileSearch | None:
            search = None if is_over or self.is_behind else self._next()
            if search is not None:
                taken.add(search)
            return search

        with suppress(DeadlineExceeded), closing(source.open_files(take, at_once, self._deadline)) as files:
            for opened in files:
                taken.remove(opened.wanted)
                file, began = self._opened(opened.wanted, opened.chunks), time.thread_time()
                if opened.at_hand and not (is_slow and len(self._open_files) < at_once):
                    self._proceed(file)
                    is_slow = is_slow or time.thread_time() - began > SLOW_S
                else:
                    self._hand_over(file)
                is_over = len(self._running) > 1 and time.monotonic() > turn_ends_at
            if taken:
                raise RuntimeError("the source did not open all files that it took")
        self.inbox.put(OpenerIdle())

    def _hand_over(self, file: OpenFile) -> None:
        """Leave a file to the workers."""
        self._open_files.append(file)
        self.inbox.put(FileOpened())
        if self._deadline.remaining_s() <= 0.0:  # There may be nobody any more.
            self._close_open_files()

    def _close_open_files(self) -> None:
        while file := _pop(self._open_files):
            file.close()

    def _take(self) -> OpenFile | None:
        """Take a file that is open, or open the next one; None where there is none, or no time."""
        if self._deadline.remaining_s() <= 0.0:
            return None
        if file := _pop(self._open_files):
            return file
        search = None if self._multiplexing else self._next()
        return search and self._opened(search, self._source.open_file(search.file, self._deadline))

    def _next(self) -> FileSearch | None:
        """Take the next file that is needed; None where there is none, or no time."""
        while self._deadline.remaining_s() > 0.0 and (search := _pop(self._waiting)):
            if not search.is_unneeded:
                return search
            self._tell(FileDone(search, unneeded=True))
        return None

    def _opened(self, search: FileSearch, chunks: Generator[bytes, None, None]) -> OpenFile:
        return OpenFile(search, chunks, self._search_file(search, chunks))

    def _proceed(self, file: OpenFile) -> PartFound | FileDone:
        """Search a file up to its next part or its end, and tell what is to tell of it."""
        message = self._step(file)
        self._tell(message)
        if isinstance(message, FileDone):
            file.close()  # Behind the message, as it may take a moment to empty the connection.
        return message

    def _tell(self, message: PartFound | FileDone) -> None:
        if isinstance(message, FileDone) and message.is_quiet:
            self._quiet.append(message)
        else:
            self.inbox.put(message)

    def _step(self, file: OpenFile) -> PartFound | FileDone:
        """Search a file up to its next part or its end."""
        if file.search.is_unneeded and not file.search.bytes_read:  # That may have changed since it was taken.
            return FileDone(file.search, unneeded=True)
        try:
            part = next(file.parts, None)
        except SourceError as error:
            return FileDone(file.search, error=error)
        if part is None or part.last:
            return FileDone(file.search, part)
        if self._deadline.remaining_s() > 0.0:
            return PartFound(file, part)
        return FileDone(file.search, part, DeadlineExceeded("the time was up"))  # Nobody may be there to let it go on.


def _pop(queue: deque[_T]) -> _T | None:
    """Take from a queue that others take from as well; None where it is empty."""
    try:
        return queue.popleft()
    except IndexError:
        return None
