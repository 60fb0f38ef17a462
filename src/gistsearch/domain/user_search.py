"""One user of a run over many: what is reported of the search, and how it ended."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import datetime

from attrs import Factory, define

from gistsearch.domain.events import (
    FileMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
)
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.run_totals import RunTotals
from gistsearch.ports.engine import Batch
from gistsearch.ports.gists import SourceRateLimited, UnknownUser
from gistsearch.ports.journal import Outcome, UserRecord


@define(eq=False)
class UserSearch:
    """The search of one user. It may be begun several times; then each file is reported once."""

    username: str
    query: SearchQuery
    began_at: datetime
    tries: int = 1
    has_matched: bool = False
    ended: SearchEnded | None = None
    held: list[Skipped | ListingFailed | SearchWarning] = Factory(list[Skipped | ListingFailed | SearchWarning])
    """What is reported when the search has ended, unless it is begun again."""
    _attempt: int = 0
    _reported: set[Hashable] = Factory(set[Hashable])
    """The files of which everything was reported."""

    def take(self, batch: Batch[SearchQuery, SearchEvent], totals: RunTotals) -> Iterator[FileMatch]:
        """Take a batch, and yield the matches in it that are to be reported now."""
        if batch.attempt != self._attempt:
            self._forget()
            self._attempt = batch.attempt
        for event in batch.events:
            match event:
                case FileMatch():
                    yield from self._take_match(event)
                case Progress():
                    totals.note(self.username, event)
                case SearchEnded():
                    self.ended = event
                case _:
                    self.held.append(event)

    def begin_again(self, now: datetime) -> None:
        """Prepare for another search of the same user."""
        self._forget()
        self._attempt = 0
        self.began_at = now
        self.tries += 1

    @property
    def refusal(self) -> SourceRateLimited | None:
        """Why the source refused to list anything, if it did so because of too many requests."""
        errors = (event.error for event in self.held if isinstance(event, ListingFailed))
        return next((error for error in errors if isinstance(error, SourceRateLimited)), None)

    @property
    def is_refused(self) -> bool:
        """Whether the source refused something because of too many requests."""
        reasons = (event.reason for event in self.held if isinstance(event, Skipped))
        return self.refusal is not None or SkipReason.RATE_LIMITED in reasons

    @property
    def outcome(self) -> Outcome:
        """How the search ended."""
        failures = [event.error for event in self.held if isinstance(event, ListingFailed)]
        if any(isinstance(error, UnknownUser) for error in failures):
            return Outcome.UNKNOWN_USER
        if failures or self.ended is None:
            return Outcome.FAILED
        return Outcome.COMPLETE if self.ended.coverage.complete else Outcome.PARTIAL

    def record(self) -> UserRecord:
        """Return what a journal should say."""
        latest_update = self.ended and self.ended.latest_update
        return UserRecord(self.username, self.outcome, self.began_at, latest_update, self.has_matched)

    def _take_match(self, match: FileMatch) -> Iterator[FileMatch]:
        file = match.file
        key = (match.gist.id, file.filename, file.blob_id or match.gist.updated_at)
        if key in self._reported:
            return
        self.has_matched = True
        yield match
        if match.last:
            self._reported.add(key)

    def _forget(self) -> None:
        self.held.clear()
        self.ended = None
