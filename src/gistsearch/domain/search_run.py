"""One search: which work to begin, and what to report of its outcomes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor

from gistsearch.domain.contents import Contents
from gistsearch.domain.events import Progress, SearchEnded, SearchEvent, SearchWarning, WarningType
from gistsearch.domain.jobs import FileJob, ListingJob, PackJob, StoreJob
from gistsearch.domain.listing import Listed, Walked
from gistsearch.domain.matching.file_search import Part
from gistsearch.domain.matching.packs import can_search_packs
from gistsearch.domain.query import Detail, Order
from gistsearch.domain.selection import Selection
from gistsearch.domain.skips import Skips
from gistsearch.domain.stats import SearchStats
from gistsearch.domain.step_pool import Step, StepPool
from gistsearch.domain.steps import Steps
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import ListingPage
from gistsearch.ports.store import StoredUser

PROGRESS_S = 0.1
"""Seconds between progress events."""
LISTINGS_AT_ONCE = 8
"""How many users' listings one search walks at the same time."""
PACKS_AT_ONCE = 4
"""How many packs one search goes through at the same time. They are in memory or on a disk, so more are not faster."""

_MATCH = Part((), line_count=1, match_count=0, binary=False, bytes_read=0, last=True)
"""What is known of a file in a pack if nothing is asked but whether it matches."""

AnyJob = ListingJob | FileJob | PackJob | StoreJob
AnyStep = Step[AnyJob, Walked | Part | None]


class SearchRun:
    """One search. Unless noted, methods run in the thread that takes the events; the pool's threads run the steps."""

    def __init__(self, steps: Steps, executor: Executor, max_open_files: Callable[[SearchRun], int]) -> None:
        """
        Args:
            steps: what the jobs do.
            executor: where they do it.
            max_open_files: returns how many files this search may have open at this moment.
        """
        self._steps = steps
        self._query = query = steps.query
        self._deadline = steps.deadline
        self._pool: StepPool[AnyJob, Walked | Part | None] = StepPool(executor)
        self._max_open_files = max_open_files
        self._is_ordered = query.order is Order.LISTING
        self._listings_at_once = 1 if self._is_ordered else LISTINGS_AT_ONCE
        self._searches_packs = can_search_packs(query)
        self._selection = Selection(query)
        self._stats = SearchStats()
        self._skips = Skips(self._stats, query)
        self._usernames = deque(dict.fromkeys(query.usernames))  # whose listings have not begun
        self._listings: dict[ListingJob, None] = {}  # under way
        self._contents = Contents(steps, self._pool)
        self._files: deque[FileJob] = deque()  # in the order of the listings, without the first ones that are done
        self._waiting: deque[FileJob] = deque()  # to be opened
        self._waiting_stored: deque[FileJob] = deque()  # to be opened before those, as their content is at hand
        self._waiting_packs: deque[PackJob] = deque()
        self.open_files = 0
        """How many files are open. May be read by any thread."""
        self._open_packs = 0
        self._parked: dict[FileJob, AnyStep] = {}  # outcomes that are to be handled after those of earlier files
        self._progress_due_s = time.monotonic() + PROGRESS_S

    def shut_down(self) -> None:
        """End the search. May be called from any thread."""
        self._skips.is_shut_down = True
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
                    self._contents.save_due()
                    yield self._progress()
            self._contents.finish()
            yield self._progress()
            yield from self._warnings()
            yield SearchEnded(self._stats.coverage(), self._skips.stopped_by, self._stats.latest_update)
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
        """Begin as much as may be under way at once, while there is time."""
        while self._usernames and len(self._listings) < self._listings_at_once and self._has_time():
            username = self._usernames.popleft()
            listing = ListingJob(username, self._steps.list_gists(username))
            self._listings[listing] = None
            self._pool.advance(listing, listing.steps)
        while self._waiting_packs and self._open_packs < PACKS_AT_ONCE and self._has_time():
            self._open_packs += 1
            pack = self._waiting_packs.popleft()
            pack.steps = self._steps.search_pack(pack)
            self._pool.advance(pack, pack.steps)
        while (self._waiting_stored or self._waiting) and self._may_open_file():
            self._open_file((self._waiting_stored or self._waiting).popleft())

    def _may_open_file(self) -> bool:
        return self.open_files < self._max_open_files(self) and self._has_time()

    def _open_file(self, job: FileJob) -> None:
        if job.parent.is_decided:
            self._finish_not_needed(job)
        else:
            job.is_open = True
            self.open_files += 1
            job.steps = self._steps.search_file(job)
            self._pool.advance(job, job.steps)

    def _handle(self, step: AnyStep) -> Iterator[SearchEvent]:
        match step.job:
            case ListingJob() as listing:
                yield from self._take_listing_step(listing, step)
            case PackJob() as pack:
                yield from self._take_pack_step(pack, step)
            case FileJob() as job if self._is_ordered:
                self._parked[job] = step
            case FileJob() as job:
                yield from self._take_part(job, step)
            case _:  # a `StoreJob`
                self._contents.count_done()

    def _release_parked(self) -> Iterator[SearchEvent]:
        """Handle the outcomes of the first file that is not done and of those that follow without a gap."""
        while (job := self._first_file()) and (step := self._parked.pop(job, None)):
            yield from self._take_part(job, step)

    def _take_listing_step(self, listing: ListingJob, step: AnyStep) -> Iterator[SearchEvent]:
        content = self._contents.of(listing.username)
        match step.value:
            case StoredUser(packs=packs):
                content.take_stored(packs)
                if self._searches_packs and self._selection.selects_all:  # while the source confirms the listing
                    self._begin_packs(content.packs)
            case ListingPage() as page:
                yield from self._take_page(listing, page)
            case Listed() as listed:
                content.listed = listed
            case _:
                pass
        if not step.ended:
            self._pool.advance(listing, listing.steps)
            return
        del self._listings[listing]
        if step.error is not None:
            yield self._skips.end_listing(listing, step.error)

    def _take_page(self, listing: ListingJob, page: ListingPage) -> Iterator[SearchEvent]:
        selects = self._selection.selects
        place_of = self._contents.of(listing.username).place_of
        for parent in listing.new_gists(page):
            self._stats.note_update(parent.gist.updated_at)
            if not self._selection.selects_gist(parent.gist):
                continue
            selected = [FileJob(parent, file, place_of(file)) for file in parent.gist.files if selects(file)]
            parent.files_left = len(selected)
            self._stats.gists += 1
            self._stats.gists_done += not selected
            self._stats.files += len(selected)
            self._files += selected
            for job in selected:
                yield from self._take_file(job)
            if parent.gist.files_truncated:
                yield self._skips.skip_unlisted_files(parent)
        for record in page.unreadable:
            yield self._skips.skip_unreadable(listing, record)

    def _take_file(self, job: FileJob) -> Iterator[SearchEvent]:
        """Have a file searched: from its source, from the store, or with all others in its pack."""
        if job.place is None:
            self._waiting.append(job)
            return
        pack, index = job.place
        if not self._searches_packs:
            self._waiting_stored.append(job)
        elif pack.is_done:
            yield from self._take_from_pack(job, pack, index)
        else:
            pack.waiting.append((job, index))
            self._begin_packs([pack])

    def _begin_packs(self, packs: Iterable[PackJob]) -> None:
        for pack in packs:
            if not pack.is_begun:
                pack.is_begun = True
                self._waiting_packs.append(pack)

    def _take_pack_step(self, pack: PackJob, step: AnyStep) -> Iterator[SearchEvent]:
        """Take what is known of a pack's files. If the time was too short, they are going to be reported as skipped."""
        if not step.ended and pack.steps and self._has_time():
            self._pool.advance(pack, pack.steps)
        elif step.ended and step.error is None:
            self._open_packs -= 1
            pack.is_done = True
            for job, index in pack.waiting:
                yield from self._take_from_pack(job, pack, index)
            pack.waiting.clear()

    def _take_from_pack(self, job: FileJob, pack: PackJob, index: int) -> Iterator[SearchEvent]:
        """Take what the search through a pack says about one of its files."""
        if index in pack.unsure:
            self._waiting_stored.append(job)
        elif index not in pack.matched:
            self._stats.bytes += job.file.size_bytes or 0
            self._finish_searched(job)
            yield from self._skips.take_failed(job.parent)
        elif self._query.detail is Detail.GISTS:
            yield from self._handle(Step(job, _MATCH, ended=True))
        else:
            self._waiting_stored.append(job)

    def _take_part(self, job: FileJob, step: AnyStep) -> Iterator[SearchEvent]:
        """Report what a step of a file's search found, and have it take the next step."""
        if isinstance(step.value, Part):
            count = job.count_bytes(step.value)
            self._stats.bytes += count
            self._stats.downloaded_bytes += count if job.place is None else 0
            if not job.parent.is_decided and (match := job.match_of(step.value)):
                self._stats.matched_lines += match.line_count
                job.parent.is_decided = self._query.detail is Detail.GISTS
                yield match
            job.is_searched |= step.value.last
        if step.error is not None and not job.parent.is_decided:
            self._skips.hold(job, step.error)
            self._finish(job)
        elif step.error is None and step.ended:
            self._finish_searched(job)
        elif job.parent.is_decided and not job.is_searched:
            self._finish_not_needed(job)
        elif self._has_time() and job.steps:
            self._pool.advance(job, job.steps)
        yield from self._skips.take_failed(job.parent)

    def _give_up(self) -> Iterator[SearchEvent]:
        """Report everything that is not done as skipped. Steps in flight find that the deadline has passed."""
        error = DeadlineExceeded("the search was stopped before it was complete")
        for username in self._usernames:
            yield self._skips.fail_listing(username, error)
        self._usernames.clear()
        for listing in self._listings:
            yield self._skips.end_listing(listing, error)
        self._listings.clear()
        while job := self._first_file():
            if job.is_searched:
                self._finish_searched(job)
                continue
            self._skips.hold(job, error)
            self._finish(job)
            yield from self._skips.take_failed(job.parent)

    def _finish_searched(self, job: FileJob) -> None:
        self._stats.files_searched += 1
        self._stats.from_store += job.place is not None
        self._contents.keep(job)
        self._finish(job)

    def _finish_not_needed(self, job: FileJob) -> None:
        self._stats.files_not_needed += 1
        self._pool.drop(job)
        self._finish(job)

    def _finish(self, job: FileJob) -> None:
        job.is_done = True
        self.open_files -= job.is_open
        job.parent.files_left -= 1
        self._stats.gists_done += not job.parent.files_left

    def _progress(self) -> Progress:
        self._progress_due_s = time.monotonic() + PROGRESS_S
        return self._stats.progress(listed=not self._listings and not self._usernames)

    def _warnings(self) -> Iterator[SearchWarning]:
        for language in self._selection.languages_not_found():
            yield SearchWarning(WarningType.LANGUAGE_NOT_FOUND, f"no file is in the language {language!r}")
        yield from self._steps.store.take_warnings()
