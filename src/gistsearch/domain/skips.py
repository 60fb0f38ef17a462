"""What is missing from a search: counted, and reported with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from gistsearch.domain.events import ListingFailed, Skipped, SkipReason
from gistsearch.domain.jobs import FileJob, GistJob, ListingJob
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.reasons import skip_reason
from gistsearch.domain.stats import SearchStats
from gistsearch.domain.step_pool import Failure
from gistsearch.ports.gists import Unreadable


class Skips:
    """Makes the events for what is missing from one search."""

    def __init__(self, stats: SearchStats, query: SearchQuery) -> None:
        """
        Args:
            stats: where it is counted.
            query: what is asked.
        """
        self._stats = stats
        self._asks_for_gists = query.detail is Detail.GISTS
        self.is_shut_down = False
        """Whether the deadline passes because of a shutdown."""
        self.stopped_by: SkipReason | None = None
        """What stopped the search before it was complete, if anything did."""

    def hold(self, job: FileJob, error: Failure) -> None:
        """Take a file that could not be searched, for `take_failed`."""
        job.parent.failed.append((job, error))

    def take_failed(self, gist: GistJob) -> Iterator[Skipped]:
        """Report the files of a gist that could not be searched.

        If the query asks only which gists match, this has to wait until the other files of the gist are done. Once one
        of them matches, nothing is missing, in whichever order they were searched.
        """
        if self._asks_for_gists and gist.files_left and not gist.is_decided:
            return
        while gist.failed:
            job, error = gist.failed.pop(0)
            if gist.is_decided:
                self._stats.files_not_needed += 1
            else:
                yield self._skip_file(job, error)

    def skip_unlisted_files(self, job: GistJob) -> Skipped:
        """Report that a gist has more files than its listing."""
        detail = f"the source lists only the first {len(job.gist.files):,} of its files"
        return self._count(Skipped(job.username, job.gist, None, SkipReason.FILE_LIST_TRUNCATED, detail))

    def skip_unreadable(self, listing: ListingJob, record: Unreadable) -> Skipped:
        return self._skip_listed(listing, f"{record.subject}: {record.error}", record.error)

    def end_listing(self, listing: ListingJob, error: Failure) -> Skipped | ListingFailed:
        """Report that a listing was not walked to its end."""
        if not listing.has_pages:
            return self.fail_listing(listing.username, error)
        gists = f"{listing.gist_count:,} gist{'' if listing.gist_count == 1 else 's'}"
        return self._skip_listed(listing, f"the listing ended early, after {gists}: {error}", error)

    def fail_listing(self, username: str, error: Failure) -> ListingFailed:
        """Report that nothing of a user's gists could be listed."""
        self._stats.has_failed_listing = True
        self._reason(error)
        return ListingFailed(username, error)

    def _skip_file(self, job: FileJob, error: Failure) -> Skipped:
        self._stats.files_skipped += 1
        return self._count(Skipped(job.parent.username, job.parent.gist, job.file, self._reason(error), str(error)))

    def _skip_listed(self, listing: ListingJob, detail: str, error: Failure) -> Skipped:
        return self._count(Skipped(listing.username, None, None, self._reason(error), detail))

    def _count(self, skipped: Skipped) -> Skipped:
        self._stats.skipped += 1
        return skipped

    def _reason(self, error: Failure) -> SkipReason:
        """Return why something was skipped; if the search was stopped, also remember what stopped it."""
        reason = skip_reason(error)
        if reason is not SkipReason.DEADLINE:
            return reason
        self.stopped_by = SkipReason.SHUTDOWN if self.is_shut_down else SkipReason.DEADLINE
        return self.stopped_by
