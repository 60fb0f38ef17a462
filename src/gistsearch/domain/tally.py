"""Counts what a search has come across, for progress and coverage."""

from __future__ import annotations

import time

from attrs import Factory, define

from gistsearch.domain.results import Coverage, Progress


@define(eq=False)
class Tally:
    """The counters of one search."""

    began: float = Factory(time.monotonic)
    gists: int = 0
    gists_done: int = 0
    files: int = 0
    searched: int = 0
    unsearched: int = 0
    """Files that were skipped."""
    unneeded: int = 0
    skipped: int = 0
    """All that was skipped: files, and rests of lists."""
    bytes: int = 0
    listings_failed: int = 0

    def progress(self, *, listed: bool) -> Progress:
        """Return how far the search has come."""
        done = self.searched + self.unsearched + self.unneeded
        return Progress(self.gists, self.gists_done, self.files, done, self.bytes, listed)

    def coverage(self) -> Coverage:
        """Return how much of what was asked was searched."""
        return Coverage(
            complete=not self.skipped and not self.listings_failed,
            gists=self.gists,
            files=self.files,
            searched=self.searched,
            skipped=self.skipped,
            unneeded=self.unneeded,
            bytes=self.bytes,
            duration_s=time.monotonic() - self.began,
        )
