"""Prints how much was searched and found (`--stats`)."""

from __future__ import annotations

from typing import TextIO

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.domain.events import Coverage, FileMatch, Progress, RunEvent, SearchEnded
from gistsearch.domain.query import Detail


class Statistics(Renderer):
    """Counts the files that match, and prints all counts at the end, one a line."""

    def __init__(self, out: TextIO, detail: Detail = Detail.LINES) -> None:
        """
        Args:
            out: where to.
            detail: what the search reports. If that is gists alone, their files are not searched to the end.
        """
        self._out = out
        self._detail = detail
        self._files = 0
        self._users: int | None = None

    def handle(self, event: RunEvent) -> None:
        if isinstance(event, FileMatch):
            self._files += event.part == 0
        elif isinstance(event, Progress):
            self._users = event.users_done
        elif isinstance(event, SearchEnded):
            self._out.write("\n" + "\n".join(self._counts(event.coverage)) + "\n")

    def _counts(self, coverage: Coverage) -> list[str]:
        matched = [plural(coverage.matched_lines, "matched line"), f"{plural(self._files, 'file')} with matches"]
        if self._detail is Detail.GISTS:
            matched = [f"{plural(self._files, 'gist')} with matches"]  # Of each, one file is reported.
        counts = [
            *matched,
            f"{plural(coverage.searched, 'file')} of {plural(coverage.gists, 'gist')} searched",
        ]
        if self._users is not None:
            counts.append(f"{plural(self._users, 'user')} searched")
        if coverage.not_needed:
            reason = "its gist" if coverage.not_needed == 1 else "their gists"
            counts.append(f"{plural(coverage.not_needed, 'file')} not needed: {reason} had matched already")
        if coverage.skipped:
            counts.append(
                f"{plural(coverage.skipped, 'file or part of a listing', 'files or parts of listings')} skipped"
            )
        if coverage.from_store:
            counts.append(f"{plural(coverage.from_store, 'file')} from the store")
        return [
            *counts,
            f"{plural(coverage.bytes, 'byte')} searched, {coverage.downloaded_bytes:,} downloaded",
            f"{coverage.duration_s:.3f} seconds",
        ]


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
