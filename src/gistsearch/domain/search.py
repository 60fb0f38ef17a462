"""The use case: search all gists of users, many files at once, and tell what was found and what was not searched."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from concurrent.futures import Executor
from queue import Empty
from typing import assert_never

from gistsearch.domain.file_search import FileSearch, GistSearch
from gistsearch.domain.messages import (
    Crashed,
    FileDone,
    FileOpened,
    Listed,
    Listing,
    ListingOver,
    Message,
    OpenerIdle,
    PartFound,
    WorkerIdle,
)
from gistsearch.domain.pacing import Paced
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.results import (
    FileMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    Skipped,
    SkipReason,
)
from gistsearch.domain.selection import file_filter
from gistsearch.domain.tally import Tally
from gistsearch.domain.tasks import Tasks
from gistsearch.domain.text import MIN_WINDOW_BYTES, WINDOW_BYTES
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    Deadline,
    DeadlineExceeded,
    ForbiddenOrigin,
    Gist,
    GistSource,
    IntegrityMismatch,
    SourceError,
    SourceRateLimited,
)
from gistsearch.ports.matching import MatcherCompiler

PROGRESS_S = 0.1
"""So often it is told how far the search has come."""

_REASONS: dict[type[SourceError], SkipReason] = {
    IntegrityMismatch: SkipReason.INTEGRITY_MISMATCH,
    ForbiddenOrigin: SkipReason.FORBIDDEN_ORIGIN,
    SourceRateLimited: SkipReason.RATE_LIMITED,
    AccessForbidden: SkipReason.FORBIDDEN,
    ContentGone: SkipReason.GONE,
    DeadlineExceeded: SkipReason.DEADLINE,
}


class SearchGists:
    """Searches the public gists of users for a pattern."""

    def __init__(
        self,
        source: GistSource,
        compiler: MatcherCompiler,
        executor: Executor,
        *,
        concurrency: int = 32,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        """
        Args:
            source: where the gists come from.
            compiler: makes the matcher.
            executor: runs the listings and the file searches; may be shared by many searches. None of them waits for
                another, so that any number of threads will do, even none (an executor that runs a call as it is
                submitted).
            concurrency: how many files of one search are in the executor at once.
            window_bytes: the longest line (with `multiline`, the largest text) that is searched as a whole; in a longer
                one a match is found for certain if it is no longer than a quarter of it.

        Raises:
            ValueError: `concurrency` is below 1, or `window_bytes` below 16,384.
        """
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        if window_bytes < MIN_WINDOW_BYTES:
            raise ValueError(f"window_bytes is at least {MIN_WINDOW_BYTES}")
        self._source = source
        self._compiler = compiler
        self._executor = executor
        self._concurrency = concurrency
        self._window_bytes = window_bytes
        self._running: set[Tasks] = set()

    def run(self, query: SearchQuery) -> Generator[SearchEvent, None, None]:
        """Search, and tell what is found as soon as it is known.

        Events of different files come in any order; the parts of one file in theirs; `SearchEnded` comes last, and
        comes always unless the generator is closed. Nothing that a source raises is raised here: a user of whom nothing
        could be listed is a `ListingFailed`, everything else that is missing a `Skipped`. Closing the generator cancels
        what runs.

        Raises:
            InvalidPattern: at once, before anything is asked of the source.
            RuntimeError: late, where the executor is shut down before the search is done.
        """
        matcher = self._compiler.compile(query.pattern, query.options)
        deadline = Deadline(query.timeout_s)
        paced = Paced(matcher, deadline, line_by_line=not query.options.multiline)
        window_bytes = self._window_bytes

        def search_file(search: FileSearch, chunks: Generator[bytes, None, None]) -> Generator[FileMatch, None, None]:
            return search.run(chunks, paced, query, window_bytes)

        tasks = Tasks(self._executor, self._source, deadline, search_file, self._running)
        return _Run(query, deadline, tasks, self._concurrency).events()


class _Run:
    """One search. Everything here happens in the thread that takes the events; the rest is in the tasks."""

    def __init__(self, query: SearchQuery, deadline: Deadline, tasks: Tasks, concurrency: int) -> None:
        self._query = query
        self._deadline = deadline
        self._tasks = tasks
        self._concurrency = concurrency
        self._selects = file_filter(query)
        self._tally = Tally()
        self._listings: set[Listing] = set()  # under way
        self._unfinished: dict[FileSearch, None] = {}  # in the order of the listings
        self._workers = 0
        self._opens = False  # whether the opener is at work
        self._progress_due_at = time.monotonic() + PROGRESS_S

    def events(self) -> Generator[SearchEvent, None, None]:
        self._tasks.begin()
        try:
            for username in dict.fromkeys(self._query.usernames):
                listing = Listing(username)
                self._listings.add(listing)
                self._tasks.list(listing)
            while self._listings or self._unfinished:
                self._employ()
                message = self._next_message()
                for done in self._tasks.drain_quiet():
                    self._file_over(done)
                if message is not None:
                    yield from self._handle(message)
                elif self._deadline.remaining_s() <= 0.0:
                    yield from self._give_up()
                if time.monotonic() >= self._progress_due_at:
                    yield self._progress()
            yield self._progress()
            yield SearchEnded(self._tally.coverage())
        finally:
            self._tasks.close()

    def _employ(self) -> None:
        """Have a worker for each file that waits for one, as many as may be, and an opener where some wait for that."""
        if self._tasks.is_behind or self._deadline.remaining_s() <= 0.0:
            return
        for _ in range(min(self._tasks.waiting_for_workers, self._concurrency - self._workers)):
            self._workers += 1
            self._tasks.work()
        # What is told already may be more files; they are better opened together.
        if self._tasks.waiting_for_opener and not self._opens and self._tasks.inbox.empty():
            self._opens = True
            self._tasks.open(self._concurrency)

    def _next_message(self) -> Message | None:
        """Wait for a message, for a moment; return None when there is none."""
        try:
            return self._tasks.inbox.get(timeout=min(PROGRESS_S, self._deadline.remaining_s()))
        except Empty:
            return None

    def _handle(self, message: Message) -> Iterator[SearchEvent]:
        match message:
            case FileDone():
                yield from self._file_done(message)
            case Listed(listing, gist):
                yield from self._listed(listing, gist)
            case ListingOver(listing, error):
                yield from self._listing_over(listing, error)
            case PartFound(file, part):
                yield part
                self._tasks.put_back(file)
            case WorkerIdle():
                self._workers -= 1
            case OpenerIdle():
                self._opens = False
            case FileOpened():
                pass  # A worker is employed for it.
            case Crashed(error):
                raise error
            case _:
                assert_never(message)

    def _listed(self, listing: Listing, gist: Gist) -> Iterator[SearchEvent]:
        selected = [file for file in gist.files if self._selects(file)]
        parent = GistSearch(listing.username, listing.gists, gist, len(selected))
        for file in selected:
            search = FileSearch(parent, file)
            self._unfinished[search] = None
            self._tasks.add(search)
        listing.gists += 1
        self._tally.gists += 1
        self._tally.gists_done += not selected
        self._tally.files += len(selected)
        if gist.files_truncated:
            detail = f"only the first {len(gist.files)} of its files are listed"
            yield self._skip(Skipped(listing.username, gist, None, SkipReason.FILE_LIST_TRUNCATED, detail))

    def _listing_over(self, listing: Listing, error: SourceError | None) -> Iterator[SearchEvent]:
        self._listings.remove(listing)
        if error is not None and not listing.gists:
            self._tally.listings_failed += 1
            yield ListingFailed(listing.username, error)
        elif error is not None:
            detail = f"the listing broke off after {listing.gists} gists: {error}"
            yield self._skip(Skipped(listing.username, None, None, _reason(error), detail))

    def _file_done(self, done: FileDone) -> Iterator[SearchEvent]:
        if done.part is not None:
            yield done.part
        if done.error is not None:
            yield self._skip_file(done.search, done.error)
        self._file_over(done)

    def _file_over(self, done: FileDone) -> None:
        if done.error is None:
            self._tally.searched += not done.unneeded
            self._tally.unneeded += done.unneeded
        self._close(done.search)

    def _give_up(self) -> Iterator[SearchEvent]:
        """Tell everything that is not done as missed. What still runs finds the deadline passed and ends by itself."""
        error = DeadlineExceeded("the time was up")
        for listing in list(self._listings):
            yield from self._listing_over(listing, error)
        for search in list(self._unfinished):
            yield self._skip_file(search, error)
            self._close(search)

    def _close(self, search: FileSearch) -> None:
        del self._unfinished[search]
        search.parent.files_left -= 1
        self._tally.gists_done += search.parent.files_left == 0
        self._tally.bytes += search.bytes_read

    def _skip_file(self, search: FileSearch, error: SourceError) -> Skipped:
        self._tally.unsearched += 1
        return self._skip(Skipped(search.parent.username, search.parent.gist, search.file, _reason(error), str(error)))

    def _skip(self, skipped: Skipped) -> Skipped:
        self._tally.skipped += 1
        return skipped

    def _progress(self) -> Progress:
        self._progress_due_at = time.monotonic() + PROGRESS_S
        return self._tally.progress(listed=not self._listings)


def _reason(error: SourceError) -> SkipReason:
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), SkipReason.DOWNLOAD_FAILED)
