"""`gistsearch store sync`: brings the store up to date, and prints how far it has come."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing

from gistsearch.adapters.cli.missing import MissingReport, SearchContext
from gistsearch.adapters.cli.progress import ProgressLine
from gistsearch.adapters.cli.statistics import plural
from gistsearch.adapters.cli.store.setup import StoreSetup
from gistsearch.adapters.cli.terminal import is_capable, print_error, wants_colour
from gistsearch.adapters.cli.usernames import each_once
from gistsearch.domain.events import Coverage, Progress, SearchEnded, SearchEvent, SearchWarning, WarningType


def sync(setup: StoreSetup, users: Sequence[str], *, progress: bool, verbose: bool) -> int:
    """Download what the store does not have of some users; return the exit status.

    Args:
        setup: what it works on.
        users: their names.
        progress: whether a terminal shows progress.
        verbose: whether everything that is missing is listed.

    Raises:
        KeyboardInterrupt: after it was said that nothing is lost.
    """
    context = SearchContext(0.0, setup.lacks_token, verbose=verbose, warnings=setup.warnings, purpose="stored")
    display = _Display(MissingReport(context), _progress_line(progress))
    try:
        with closing(setup.open_search().sync(each_once(users))) as events:
            for event in events:
                display.handle(event)
        display.finish()
    except KeyboardInterrupt:
        display.clear()
        print_error("interrupted; what was downloaded is stored, and the same command goes on from there")
        raise
    finally:
        display.clear()
    return display.status


class _Display:
    """Prints the events of one run."""

    def __init__(self, missing: MissingReport, progress: ProgressLine | None) -> None:
        self._missing = missing
        self._progress = progress
        self._coverage: Coverage | None = None
        self._is_stored = True

    def handle(self, event: SearchEvent) -> None:
        if self._progress and isinstance(event, Progress):
            self._progress.handle(event)
        else:
            self.clear()
        self._missing.handle(event)
        match event:
            case SearchWarning(WarningType.STORE):
                self._is_stored = False
            case SearchEnded(coverage):
                self._coverage = coverage
            case _:
                pass

    def clear(self) -> None:
        if self._progress:
            self._progress.clear()

    def finish(self) -> None:
        self.clear()
        self._missing.report()
        if self._coverage:
            sys.stdout.write(f"{_summary(self._coverage)}\n")

    @property
    def status(self) -> int:
        return 0 if self._is_stored and self._coverage and self._coverage.complete else 2


def _summary(coverage: Coverage) -> str:
    from rich.filesize import decimal

    downloaded, missing = coverage.searched - coverage.from_store, coverage.files - coverage.searched
    return (
        f"{plural(coverage.gists, 'gist')}, {plural(coverage.files, 'file')}:"
        f" {downloaded:,} downloaded ({decimal(coverage.downloaded_bytes)}), {coverage.from_store:,} stored before"
        + (f", {missing:,} missing" if missing else "")
    )


def _progress_line(is_wanted: bool) -> ProgressLine | None:
    is_shown = is_wanted and sys.stdout.isatty() and sys.stderr.isatty() and is_capable()
    return ProgressLine(sys.stderr, colour=wants_colour(sys.stderr)) if is_shown else None
