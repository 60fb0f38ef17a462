"""Runs a search and prints it as it comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import closing
from enum import IntEnum

from attrs import frozen

from gistsearch.adapters.cli.asking import Asked, Shown
from gistsearch.adapters.cli.printing import Counts, Lines, Paint, Printer, Silence, Urls, painter
from gistsearch.adapters.cli.progress import ProgressLine
from gistsearch.adapters.cli.terminal import complain
from gistsearch.domain.results import (
    Coverage,
    FileMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    Skipped,
)
from gistsearch.domain.search import SearchGists


class Status(IntEnum):
    """How the command ends: as grep does."""

    FOUND = 0
    NOTHING = 1
    ERROR = 2


@frozen
class Output:
    """How to print."""

    colour: str
    """`auto`, `always` or `never`."""
    progress: bool
    statistics: bool


def search(use_case: SearchGists, asked: Asked, timeout_s: float, output: Output) -> int:
    """Run a search; print what is found to standard output, and what is missing to standard error.

    Returns:
        The exit status.

    Raises:
        InvalidPattern, TypeError, ValueError: the query is refused.
        KeyboardInterrupt: after what was found is printed and all that ran was told to end.
    """
    colours = _colours(output)
    with closing(use_case.run(asked.query(timeout_s, all_spans=colours))) as events:
        return _Showing(asked, output, colours=colours).through(events)


class _Showing:
    def __init__(self, asked: Asked, output: Output, *, colours: bool) -> None:
        self._printer = _printer(asked, painter(colour=colours))
        self._stops_at_match = asked.shown is Shown.NOTHING
        self._progress = ProgressLine(sys.stderr, shown=output.progress and sys.stderr.isatty() and _is_able())
        self._statistics = output.statistics
        self._status = Status.NOTHING
        self._complete = False

    def through(self, events: Iterable[SearchEvent]) -> int:
        try:
            for event in events:
                self._show(event)
                if self._stops_at_match and self._status is Status.FOUND:
                    break
            else:
                if not self._complete:
                    self._status = Status.ERROR
        finally:
            self._progress.clear()
            sys.stdout.flush()
        return self._status

    def _show(self, event: SearchEvent) -> None:
        match event:
            case FileMatch():
                self._progress.clear()
                self._printer.show(event)
                sys.stdout.flush()
                self._status = Status.FOUND
            case Skipped():
                self._complain(f"{_name(event)}: skipped: {event.reason}: {event.detail}")
            case ListingFailed(username, error):
                self._complain(f"{username}: {error}")
            case Progress():
                self._progress.update(event)
            case SearchEnded(coverage):
                self._complete = coverage.complete
                self._progress.clear()
                if self._statistics:
                    sys.stdout.write(_told(coverage))

    def _complain(self, message: str) -> None:
        self._progress.clear()
        complain(message)


def _colours(output: Output) -> bool:
    automatic = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and _is_able()
    return output.colour == "always" or (output.colour == "auto" and automatic)


def _printer(asked: Asked, paint: Paint) -> Printer:
    match asked.shown:
        case Shown.NOTHING:
            return Silence()
        case Shown.URLS:
            return Urls(sys.stdout)
        case Shown.COUNTS:
            return Counts(sys.stdout, paint)
        case Shown.LINES:
            context = bool(asked.before_context or asked.after_context)
            return Lines(sys.stdout, paint, heading=sys.stdout.isatty(), context=context)


def _is_able() -> bool:
    """Whether the terminal understands escape sequences; ripgrep decides likewise."""
    return (os.environ.get("TERM") or "dumb") != "dumb"


def _name(skipped: Skipped) -> str:
    gist = skipped.gist.id if skipped.gist else "further gists"
    return "/".join([skipped.username, gist, *([skipped.file.filename] if skipped.file else [])])


def _told(coverage: Coverage) -> str:
    unneeded = f", {coverage.unneeded:,} not needed" if coverage.unneeded else ""
    return (
        f"\n{coverage.gists:,} gists, {coverage.files:,} files: {coverage.searched:,} searched,"
        f" {coverage.skipped:,} skipped{unneeded}\n"
        f"{coverage.bytes:,} bytes in {coverage.duration_s:.3f} s\n"
    )
