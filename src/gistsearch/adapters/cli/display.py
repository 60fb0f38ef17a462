"""Prints the events of a search while it runs, and learns from them how the command ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import IntEnum

from gistsearch.adapters.cli.arguments import OutputMode, OutputOptions, SearchArguments
from gistsearch.adapters.cli.hyperlinks import LinkFormat, shows_hyperlinks
from gistsearch.adapters.cli.line_renderer import LineLayout, Lines
from gistsearch.adapters.cli.missing import MissingReport, SearchContext
from gistsearch.adapters.cli.progress import ProgressLine
from gistsearch.adapters.cli.renderers import Counts, GistUrls, Nothing, Renderer
from gistsearch.adapters.cli.statistics import Statistics
from gistsearch.adapters.cli.terminal import Style, is_capable, style_for
from gistsearch.domain.events import FileMatch, Progress, RunEvent, RunResumed, SearchEnded, UserEnded
from gistsearch.domain.query import SearchQuery


class Status(IntEnum):
    """How the command ends: grep's exit statuses."""

    FOUND = 0
    NOTHING = 1
    ERROR = 2


class Display:
    """Hands the events of one search, or of one run over many users, to the renderers."""

    def __init__(self, arguments: SearchArguments, query: SearchQuery, context: SearchContext) -> None:
        output = arguments.output
        self._ends_at_first_match = arguments.ends_at_first_match
        self._is_quiet = output.quiet
        self._progress = ProgressLine(sys.stderr, colour=_style(output).colour) if _shows_progress(output) else None
        self._missing = MissingReport(context)
        self._renderers: list[Renderer] = [_renderer(arguments, query), self._missing]
        if output.stats and output.mode is not OutputMode.JSON:
            self._renderers.append(Statistics(sys.stdout, query.detail))
        self._has_found = False
        self._is_complete = False

    def show(self, events: Iterable[RunEvent]) -> Status:
        try:
            for event in events:
                self._handle(event)
                if self._has_found and self._ends_at_first_match:
                    break
            self._clear_progress()
            self._missing.report()
        finally:
            self._clear_progress()
            sys.stdout.flush()
        return self._status()

    def _handle(self, event: RunEvent) -> None:
        if not isinstance(event, (Progress, UserEnded)) or getattr(event, "error", None):
            self._clear_progress()  # Something may be printed.
        for renderer in self._renderers:
            renderer.handle(event)
        match event:
            case RunResumed(has_matched=has_matched):
                self._has_found |= has_matched
            case FileMatch():
                self._has_found = True
                sys.stdout.flush()
            case SearchEnded(coverage):
                self._is_complete = coverage.complete
            case Progress() if self._progress:
                self._progress.handle(event)
            case _:
                pass

    def _clear_progress(self) -> None:
        if self._progress:
            self._progress.clear()

    def _status(self) -> Status:
        if self._has_found and (self._is_quiet or self._is_complete):
            return Status.FOUND
        return Status.NOTHING if self._is_complete else Status.ERROR


def _shows_progress(output: OutputOptions) -> bool:
    """Only where no pager and no pipe could be drawn over, and no line of output is itself about progress."""
    return (
        output.progress
        and output.mode is not OutputMode.JSON
        and sys.stdout.isatty()
        and sys.stderr.isatty()
        and is_capable()
    )


def _style(output: OutputOptions) -> Style:
    return style_for(sys.stdout, output.colour or ("always" if output.pretty else "auto"))


def _renderer(arguments: SearchArguments, query: SearchQuery) -> Renderer:
    output = arguments.output
    style = _style(output)
    if output.quiet:
        return Nothing()
    match output.mode:
        case OutputMode.GISTS:
            return GistUrls(sys.stdout, style)
        case OutputMode.COUNTS:
            return Counts(sys.stdout, style, filenames=output.filenames, of_matches=arguments.prints_matches)
        case OutputMode.JSON:
            from gistsearch.adapters.cli.json_renderer import JsonLines
            from gistsearch.wire.events import begin

            beginning = {**begin(query), "usernames": None} if arguments.run.are_given else begin(query)
            return JsonLines(sys.stdout, style, beginning)
        case OutputMode.LINES:
            return Lines(sys.stdout, style, _layout(arguments, query, style))


def _layout(arguments: SearchArguments, query: SearchQuery, style: Style) -> LineLayout:
    output = arguments.output
    wants_heading = output.pretty or sys.stdout.isatty() if output.heading is None else output.heading
    return LineLayout(
        heading=wants_heading and output.filenames,
        line_numbers=output.line_numbers,
        filenames=output.filenames,
        links=_links(output, style),
        context=bool(query.context_before or query.context_after),
        text=query.text,
    )


def _links(output: OutputOptions, style: Style) -> LinkFormat | None:
    """Links are escape sequences, so that they are written only where colours are; unasked only to a terminal."""
    if not style.colour:
        return None
    if output.hyperlink_format is None:
        return LinkFormat() if sys.stdout.isatty() and shows_hyperlinks() else None
    return output.hyperlink_format if output.hyperlink_format.template else None
