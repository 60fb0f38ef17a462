"""Adds up what is known about the users of a run."""

from __future__ import annotations

import time

from attrs import Factory, define, evolve

from gistsearch.domain.events import Coverage, Progress

_NOTHING = Progress(0, 0, 0, 0, 0, listed=True)


@define(eq=False)
class RunTotals:
    """The counters of one run over many users."""

    users_known: int | None = None
    """How many users there are; None if they are not all known yet."""
    users_done: int = 0
    users_incomplete: int = 0
    """Users of whom something, or everything, is missing."""
    _ended: Progress = _NOTHING
    _under_way: dict[str, Progress] = Factory(dict[str, Progress])
    _coverage: Coverage = Factory(lambda: Coverage(True, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0))
    _began_s: float = Factory(time.monotonic)

    def note(self, username: str, progress: Progress) -> None:
        """Take how far the search of a user has come."""
        self._under_way[username] = progress

    def forget(self, username: str) -> None:
        """Take nothing of a search of a user that is going to be repeated."""
        self._under_way.pop(username, None)

    def end(self, username: str, coverage: Coverage | None) -> None:
        """Take the end of the search of a user; None if it was lost."""
        self.users_done += 1
        self.users_incomplete += coverage is None or not coverage.complete
        self._ended = _sum(self._ended, self._under_way.pop(username, _NOTHING))
        if coverage:
            self._coverage = _add(self._coverage, coverage)

    def progress(self) -> Progress:
        """Return how far the run has come."""
        total = self._ended
        for progress in self._under_way.values():
            total = _sum(total, progress)
        is_listed = total.listed and self.users_done + len(self._under_way) == self.users_known
        return evolve(total, listed=is_listed, users_done=self.users_done, users_known=self.users_known)

    def coverage(self) -> Coverage:
        """Return how much of what was asked for was searched."""
        duration_s = time.monotonic() - self._began_s
        return evolve(self._coverage, complete=not self.users_incomplete, duration_s=duration_s)


def _sum(a: Progress, b: Progress) -> Progress:
    return Progress(
        a.gists_known + b.gists_known,
        a.gists_done + b.gists_done,
        a.files_known + b.files_known,
        a.files_done + b.files_done,
        a.bytes + b.bytes,
        a.listed and b.listed,
    )


def _add(a: Coverage, b: Coverage) -> Coverage:
    return Coverage(
        a.complete and b.complete,
        a.gists + b.gists,
        a.files + b.files,
        a.searched + b.searched,
        a.skipped + b.skipped,
        a.not_needed + b.not_needed,
        a.bytes + b.bytes,
        a.downloaded_bytes + b.downloaded_bytes,
        a.from_store + b.from_store,
        a.matched_lines + b.matched_lines,
        a.duration_s + b.duration_s,
    )
