"""One search: which work to begin, and what to report of its outcomes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor
from contextlib import closing

from gistsearch.domain.events import (
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    WarningType,
)
from gistsearch.domain.jobs import FileJob, ListingJob
from gistsearch.domain.matching.file_search import Part, search_file
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.query import Detail, Order, SearchQuery
from gistsearch.domain.reasons import skip_reason
from gistsearch.domain.selection import FileSelection
from gistsearch.domain.stats import SearchStats
from gistsearch.domain.step_pool import Failure, Step, StepPool
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import GistFile, GistSource, ListingPage
from gistsearch.ports.matching import Matcher

PROGRESS_S = 0.1
"""Seconds between progress events."""
LISTINGS_AT_ONCE = 8
"""How many users' listings one search walks at the same time."""


AnyStep = Step[ListingJob | FileJob, ListingPage | Part]


class SearchRun:
    """One search. Unless noted, methods run in the thread that takes the events; the pool's threads run the steps."""

    def __init__(
        self,
        source: GistSource,
        matcher: Matcher,
        executor: Executor,
        query: SearchQuery,
        max_open_files: Callable[[], int],
        window_bytes: int,
    ) -> None:
        self._source = source
        self._query = query
        self._deadline = Deadline(query.timeout_s)
        self._matcher = TimeSlicedMatcher(matcher, self._deadline, line_by_line=not query.options.multiline)
        self._window_bytes = window_bytes
        self._pool: StepPool[ListingJob | FileJob, ListingPage | Part] = StepPool(executor)
        self._max_open_files = max_open_files
        self._is_ordered = query.order is Order.LISTING
        self._listings_at_once = 1 if self._is_ordered else LISTINGS_AT_ONCE
        self._selection = FileSelection(query)
        self._stats = SearchStats()
        self._usernames = deque(dict.fromkeys(query.usernames))  # whose listings have not begun
        self._listings: dict[ListingJob, None] = {}  # under way
        self._files: deque[FileJob] = deque()  # in the order of the listings, without the first ones that are done
        self._waiting: deque[FileJob] = deque()  # those that are not open yet
        self._open_files = 0
        self._parked: dict[FileJob, AnyStep] = {}  # outcomes that are to be handled after those of earlier files
        self._is_shut_down = False
        self._stopped_by: SkipReason | None = None
        self._progress_due_s = time.monotonic() + PROGRESS_S

    def shut_down(self) -> None:
        """End the search. May be called from any thread."""
        self._is_shut_down = True
        self._deadline.cancel()

    def events(self) -> Generator[SearchEvent, None, None]:
        try:
            while self._usernames or self._listings or self._first_file():
                self._begin_work()
                step = self._pool.next(min(PROGRESS_S, self._deadline.remaining_s()))
                if step is not None:
                    yield from self._handle(step)
                elif not self._has_time():
                    yield from self._give_up()
                if self._is_ordered:
                    yield from self._release_parked()
                if time.monotonic() >= self._progress_due_s:
                    yield self._progress()
            yield self._progress()
            yield from self._warnings()
            yield SearchEnded(self._stats.coverage(), self._stopped_by)
        finally:
            self._deadline.cancel()
            self._pool.close()

    def _first_file(self) -> FileJob | None:
        """Return the first file that is not done."""
        while self._files and self._files[0].is_done:
            self._files.popleft()
        return self._files[0] if self._files else None

    def _has_time(self) -> bool:
        return self._deadline.remaining_s() > 0.0

    def _begin_work(self) -> None:
        """Begin as many listings and files as may be under way at once, while there is time."""
        while self._usernames and len(self._listings) < self._listings_at_once and self._has_time():
            username = self._usernames.popleft()
            listing = ListingJob(username, self._source.list_pages(username, self._deadline))
            self._listings[listing] = None
            self._pool.advance(listing, listing.pages)
        while self._waiting and self._open_files < self._max_open_files() and self._has_time():
            job = self._waiting.popleft()
            if job.parent.is_decided:
                self._finish_not_needed(job)
            else:
                job.is_open = True
                self._open_files += 1
                self._pool.advance(job, job.steps)

    def _handle(self, step: AnyStep) -> Iterator[SearchEvent]:
        match step.job:
            case ListingJob() as listing:
                if isinstance(step.value, ListingPage):
                    yield from self._take_page(listing, step.value)
                if step.ended:
                    yield from self._end_listing(listing, step.error)
                else:
                    self._pool.advance(listing, listing.pages)
            case FileJob() as job if self._is_ordered:
                self._parked[job] = step
            case job:
                yield from self._take_part(job, step)

    def _release_parked(self) -> Iterator[SearchEvent]:
        """Handle the outcomes of the first file that is not done and of those that follow without a gap."""
        while (job := self._first_file()) and (step := self._parked.pop(job, None)):
            yield from self._take_part(job, step)

    def _take_page(self, listing: ListingJob, page: ListingPage) -> Iterator[SearchEvent]:
        for parent in listing.new_gists(page):
            for file in filter(self._selection.selects, parent.gist.files):
                parent.files_left += 1
                job = FileJob(parent, file, self._steps(file))
                self._files.append(job)
                self._waiting.append(job)
            self._stats.gists += 1
            self._stats.gists_done += not parent.files_left
            self._stats.files += parent.files_left
            if parent.gist.files_truncated:
                detail = f"the source lists only the first {len(parent.gist.files):,} of its files"
                yield self._skip(Skipped(listing.username, parent.gist, None, SkipReason.FILE_LIST_TRUNCATED, detail))
        for record in page.unreadable:
            yield self._skip_listed(listing, f"{record.subject}: {record.error}", record.error)

    def _end_listing(self, listing: ListingJob, error: Failure | None) -> Iterator[SearchEvent]:
        del self._listings[listing]
        if error is None:
            return
        if listing.page_count:
            gists = f"{listing.gist_count:,} gist{'' if listing.gist_count == 1 else 's'}"
            detail = f"the listing ended early, after {gists}: {error}"
            yield self._skip_listed(listing, detail, error)
        else:
            yield self._fail_listing(listing.username, error)

    def _steps(self, file: GistFile) -> Generator[Part, None, Part]:
        """Search one file: yield a part for each step, and return the last one."""
        chunks = self._source.open_file(file, self._deadline)
        with closing(search_file(chunks, file.size_bytes, self._matcher, self._query, self._window_bytes)) as parts:
            while not (part := next(parts)).last:
                yield part
        return part

    def _take_part(self, job: FileJob, step: AnyStep) -> Iterator[SearchEvent]:
        """Report what a step of a file's search found, and have it take the next step."""
        if isinstance(step.value, Part):
            self._stats.bytes += job.count_bytes(step.value)
            if not job.parent.is_decided and (match := job.match_of(step.value)):
                self._stats.matched_lines += match.line_count
                job.parent.is_decided = self._query.detail is Detail.GISTS
                yield match
        if step.error is not None and not job.parent.is_decided:
            yield self._skip_file(job, step.error)
        elif step.error is None and step.ended:
            self._stats.files_searched += 1
            self._finish(job)
        elif job.parent.is_decided:
            self._finish_not_needed(job)
        elif self._has_time():
            self._pool.advance(job, job.steps)

    def _give_up(self) -> Iterator[SearchEvent]:
        """Report everything that is not done as skipped. Steps in flight find that the deadline has passed."""
        error = DeadlineExceeded("the search was stopped before it was complete")
        for username in self._usernames:
            yield self._fail_listing(username, error)
        self._usernames.clear()
        for listing in list(self._listings):
            yield from self._end_listing(listing, error)
        while job := self._first_file():
            yield self._skip_file(job, error)

    def _skip_file(self, job: FileJob, error: Failure) -> Skipped:
        self._stats.files_skipped += 1
        self._finish(job)
        return self._skip(Skipped(job.parent.username, job.parent.gist, job.file, self._reason(error), str(error)))

    def _fail_listing(self, username: str, error: Failure) -> ListingFailed:
        self._stats.listings_failed += 1
        self._reason(error)
        return ListingFailed(username, error)

    def _skip_listed(self, listing: ListingJob, detail: str, error: Failure) -> Skipped:
        return self._skip(Skipped(listing.username, None, None, self._reason(error), detail))

    def _skip(self, skipped: Skipped) -> Skipped:
        self._stats.skipped += 1
        return skipped

    def _reason(self, error: Failure) -> SkipReason:
        """Return why something was skipped; a search that was stopped also remembers what stopped it."""
        reason = skip_reason(error)
        if reason is not SkipReason.DEADLINE:
            return reason
        self._stopped_by = SkipReason.SHUTDOWN if self._is_shut_down else SkipReason.DEADLINE
        return self._stopped_by

    def _finish_not_needed(self, job: FileJob) -> None:
        self._stats.files_not_needed += 1
        self._pool.drop(job)
        self._finish(job)

    def _finish(self, job: FileJob) -> None:
        job.is_done = True
        self._open_files -= job.is_open
        job.parent.files_left -= 1
        self._stats.gists_done += not job.parent.files_left

    def _progress(self) -> Progress:
        self._progress_due_s = time.monotonic() + PROGRESS_S
        return self._stats.progress(listed=not self._listings and not self._usernames)

    def _warnings(self) -> Iterator[SearchWarning]:
        for language in self._selection.languages_not_found():
            yield SearchWarning(WarningType.LANGUAGE_NOT_FOUND, f"no file is in the language {language!r}")
