"""Counts what a search has seen, for progress and coverage."""

from __future__ import annotations

import time
from datetime import datetime

from attrs import Factory, define

from gistsearch.domain.events import Coverage, Progress


@define(eq=False)
class SearchStats:
    """The counters of one search."""

    began_s: float = Factory(time.monotonic)
    gists: int = 0
    gists_done: int = 0
    files: int = 0
    files_searched: int = 0
    files_skipped: int = 0
    files_not_needed: int = 0
    skipped: int = 0
    """Everything that was skipped: files, records, and parts of listings."""
    has_failed_listing: bool = False
    bytes: int = 0
    downloaded_bytes: int = 0
    from_store: int = 0
    matched_lines: int = 0
    latest_update: datetime | None = None
    """When the gist that was updated last was, of all that were listed."""

    def note_update(self, updated_at: datetime) -> None:
        """Take the time at which a listed gist was updated."""
        if self.latest_update is None or updated_at > self.latest_update:
            self.latest_update = updated_at

    def progress(self, *, listed: bool) -> Progress:
        """Return how far the search has come."""
        files_done = self.files_searched + self.files_skipped + self.files_not_needed
        return Progress(self.gists, self.gists_done, self.files, files_done, self.bytes, listed)

    def coverage(self) -> Coverage:
        """Return how much of what the query asks for was searched."""
        return Coverage(
            complete=not self.skipped and not self.has_failed_listing,
            gists=self.gists,
            files=self.files,
            searched=self.files_searched,
            skipped=self.skipped,
            not_needed=self.files_not_needed,
            bytes=self.bytes,
            downloaded_bytes=self.downloaded_bytes,
            from_store=self.from_store,
            matched_lines=self.matched_lines,
            duration_s=time.monotonic() - self.began_s,
        )
