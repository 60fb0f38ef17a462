"""Prints matching lines, or single matches, with the lines around them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TextIO

from attrs import define, frozen

from gistsearch.adapters.cli.hyperlinks import LinkFormat
from gistsearch.adapters.cli.renderers import FileKey, Renderer, file_key, file_name
from gistsearch.adapters.cli.terminal import FAINT, MATCH, NUMBER, Style, columns, display_width, escape_controls, fit
from gistsearch.domain.events import ContextLine, FileMatch, LineMatch, RunEvent

CUT = "[…]"
"""Stands where a line was cut."""
BINARY = "binary file matches"


@frozen(kw_only=True)
class LineLayout:
    """How lines are laid out."""

    heading: bool = False
    """Whether lines stand under a heading for each file; else each names its file."""
    line_numbers: bool = True
    filenames: bool = True
    links: LinkFormat | None = None
    """Where line numbers link to."""
    context: bool = False
    """Whether the lines around matches are printed, with `--` where lines are left out."""
    text: bool = False
    """Whether the lines of binary files are printed."""


@define
class _Progress:
    """How much of a file is printed."""

    line: int = 0
    """The last line that is printed."""
    after: Sequence[ContextLine] = ()
    """The lines after the last match. They wait: the next match may be one of them."""
    is_separated: bool = True
    """Whether the last line of the output is a heading or the mark of a gap."""
    is_binary: bool = False
    """Whether it is printed that the file is binary."""


class Lines(Renderer):
    """Prints each line once. A file with very many matches may be printed in several blocks, between other files."""

    def __init__(self, out: TextIO, style: Style, layout: LineLayout) -> None:
        self._out = out
        self._style = style
        self._layout = layout
        self._file: FileKey | None = None
        self._unfinished: dict[FileKey, _Progress] = {}
        self._described: set[str] = set()

    def handle(self, event: RunEvent) -> None:
        if isinstance(event, FileMatch) and (event.lines or event.binary or event.last):
            self._print_part(event)

    def _print_part(self, match: FileMatch) -> None:
        key = file_key(match)
        progress = self._unfinished.pop(key, None) or _Progress()
        if key != self._file:
            self._begin(match)
            self._file = key
            progress.is_separated = True
        prefix = self._prefix(match)
        for line in match.lines:
            if self._layout.context:
                self._print_with_context(match, prefix, line, progress)
            else:
                self._print(match, prefix, ":", line.number, self._matching(line))
        if match.binary and not self._layout.text and not progress.is_binary:
            self._out.write(f"{prefix}{': ' if prefix else ''}{BINARY}\n")
            progress.is_binary = True
        if not match.last:
            self._unfinished[key] = progress
        else:
            self._print_after(match, prefix, progress, math.inf)

    def _begin(self, match: FileMatch) -> None:
        """Print what separates a file from the one before."""
        if not self._layout.heading:
            if self._file and self._layout.context:
                self._out.write("--\n")
            return
        if self._file:
            self._out.write("\n")
        width = columns()
        names = escape_controls(f"{match.gist.url}  {match.file.filename}")
        between = "  " if display_width(names) <= width else "\n  "
        self._out.write(f"{file_name(match, self._style, between)}\n")
        if match.gist.description and match.gist.url not in self._described:
            description = fit(escape_controls(" ".join(match.gist.description.split())), width)
            self._out.write(f"{self._style.paint(description, FAINT)}\n")
        self._described.add(match.gist.url)

    def _prefix(self, match: FileMatch) -> str:
        return file_name(match, self._style) if self._layout.filenames and not self._layout.heading else ""

    def _print_with_context(self, match: FileMatch, prefix: str, line: LineMatch, progress: _Progress) -> None:
        self._print_after(match, prefix, progress, line.number)
        before = [
            (number, context)
            for number, context in enumerate(line.before, line.number - len(line.before))
            if number > progress.line
        ]
        first = before[0][0] if before else line.number
        if not progress.is_separated and first > progress.line + 1:
            self._out.write("--\n")
        for number, context in before:
            self._print(match, prefix, "-", number, self._context(context))
        self._print(match, prefix, ":", line.number, self._matching(line))
        progress.line, progress.is_separated = line.number, False
        progress.after = line.after

    def _print_after(self, match: FileMatch, prefix: str, progress: _Progress, end: float) -> None:
        """Print the lines after the last match that come before a line, the next match."""
        for number, context in enumerate(progress.after, progress.line + 1):
            if number < end:
                self._print(match, prefix, "-", number, self._context(context))
                progress.line = number
        progress.after = ()

    def _print(self, match: FileMatch, prefix: str, mark: str, number: int, text: str) -> None:
        place = f"{prefix}{mark}" if prefix else ""
        if self._layout.line_numbers:
            shown = self._style.paint(str(number), NUMBER)
            if self._layout.links:
                shown = self._layout.links.link(shown, match.gist, match.file, number)
            place += f"{shown}{mark}"
        self._out.write(f"{place}{text}\n")

    def _matching(self, line: LineMatch) -> str:
        text = "".join(self._pieces(line)) if self._style.colour else self._style.text(line.text)
        return self._cut(text, before=line.cut_before, after=line.cut_after)

    def _context(self, line: ContextLine) -> str:
        return self._cut(self._style.text(line.text), before=False, after=line.truncated)

    def _cut(self, text: str, *, before: bool, after: bool) -> str:
        mark = self._style.paint(CUT, FAINT) if before or after else ""
        return f"{mark if before else ''}{text}{mark if after else ''}"

    def _pieces(self, line: LineMatch) -> Iterator[str]:
        position = 0
        for start, end in line.spans:
            if start < end:
                yield self._style.text(line.text[position:start])
                yield self._style.paint(self._style.text(line.text[start:end]), MATCH)
                position = end
        yield self._style.text(line.text[position:])
