"""Prints what a search reports: one renderer for each output mode."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, TextIO

from gistsearch.adapters.cli.terminal import PATH, Style, escape_controls
from gistsearch.domain.events import FileMatch, RunEvent, UserEnded

FileKey = tuple[str, int, str]
"""Identifies a file among the events of one search."""


class Renderer(Protocol):
    """Prints the events that concern it, and ignores the others."""

    @abstractmethod
    def handle(self, event: RunEvent) -> None:
        """Print an event."""
        raise NotImplementedError


class Nothing(Renderer):
    """Prints nothing (`-q`)."""

    def handle(self, event: RunEvent) -> None:
        pass


class GistUrls(Renderer):
    """Prints the address of each gist that matches, once (`-l`)."""

    def __init__(self, out: TextIO, style: Style) -> None:
        self._out = out
        self._style = style
        self._printed: dict[str, set[str]] = {}  # by user

    def handle(self, event: RunEvent) -> None:
        if isinstance(event, UserEnded):
            self._printed.pop(event.username, None)
        elif isinstance(event, FileMatch):
            printed = self._printed.setdefault(event.username, set())
            if event.gist.url not in printed:
                printed.add(event.gist.url)
                self._out.write(f"{self._style.paint(escape_controls(event.gist.url), PATH)}\n")


class Counts(Renderer):
    """Prints how many lines of each file match, or how many matches it has, once the file is done (`-c`)."""

    def __init__(self, out: TextIO, style: Style, *, filenames: bool, of_matches: bool) -> None:
        """
        Args:
            out: where to.
            style: how names look.
            filenames: whether each count names its file.
            of_matches: whether matches are counted, not lines.
        """
        self._out = out
        self._style = style
        self._filenames = filenames
        self._of_matches = of_matches
        self._counts: dict[FileKey, int] = {}

    def handle(self, event: RunEvent) -> None:
        if not isinstance(event, FileMatch):
            return
        key = file_key(event)
        count = self._counts.pop(key, 0) + (event.match_count if self._of_matches else event.line_count)
        if not event.last:
            self._counts[key] = count
        elif count:
            prefix = f"{file_name(event, self._style)}:" if self._filenames else ""
            self._out.write(f"{prefix}{count}\n")


def file_key(match: FileMatch) -> FileKey:
    """Return what identifies the file of a match."""
    return match.username, match.position, match.file.filename


def file_name(match: FileMatch, style: Style, between: str = ":") -> str:
    """Return URL and file name as they are printed. They never contain a line end."""
    url, name = escape_controls(match.gist.url), escape_controls(match.file.filename)
    return f"{style.paint(url, PATH)}{between}{style.paint(name, PATH)}"
