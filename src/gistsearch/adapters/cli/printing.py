"""How matches are printed: for people on a terminal, for programs in a pipe."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TextIO

from attrs import define

from gistsearch.adapters.cli.terminal import FAINT, MATCH, NUMBER, PATH, coloured, visible
from gistsearch.domain.results import FileMatch, LineMatch

Paint = Callable[[str, str], str]
"""Takes text and a colour."""

_CUT = "[… cut]"
_BINARY = "binary file matches"


class Printer(Protocol):
    """Prints what is found, as it comes."""

    @abstractmethod
    def show(self, match: FileMatch) -> None:
        """Print a part of a file's matches."""
        raise NotImplementedError


class Silence(Printer):
    """Prints nothing."""

    def show(self, match: FileMatch) -> None:
        pass


class Urls(Printer):
    """Prints the address of each gist that matches, once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown: set[str] = set()

    def show(self, match: FileMatch) -> None:
        if match.gist.url not in self._shown:
            self._shown.add(match.gist.url)
            self._out.write(f"{visible(match.gist.url)}\n")


class Counts(Printer):
    """Prints how many lines of each file match, when its last part is there."""

    def __init__(self, out: TextIO, paint: Paint) -> None:
        self._out = out
        self._paint = paint
        self._counts: dict[str, int] = {}

    def show(self, match: FileMatch) -> None:
        count = self._counts.pop(match.file.raw_url, 0) + match.line_count
        if match.last:
            self._out.write(f"{_place(match, self._paint)}:{count}\n")
        else:
            self._counts[match.file.raw_url] = count


@define
class _Printed:
    """What of a file stands there by now."""

    to: int = 0
    """The last line."""
    after: Sequence[str] = ()
    """The lines behind it: they wait, as the next one to come may be a match among them."""
    is_separated: bool = True
    """Whether a heading, or a mark of a gap, is what was printed last."""


class Lines(Printer):
    """Prints lines, each once, with the context that was asked for and `--` where there is a gap.

    A file with very many matches may come in several blocks, with lines of other files between them.
    """

    def __init__(self, out: TextIO, paint: Paint, *, heading: bool, context: bool) -> None:
        """
        Args:
            out: where to.
            paint: colours visible text, or leaves it.
            heading: whether lines stand under a heading for each file and control characters are written out, as on a
                terminal; else each line names its place and is passed as it is.
            context: whether there are lines around matches.
        """
        self._out = out
        self._paint = paint
        self._heading = heading
        self._context = context
        self._file = ""
        self._unfinished: dict[str, _Printed] = {}  # files of which further parts come, perhaps behind other files
        self._text = visible if heading else str

    def show(self, match: FileMatch) -> None:
        printed = self._unfinished.pop(match.file.raw_url, None) or _Printed()
        if match.file.raw_url != self._file:
            self._begin(match)
            printed.is_separated = True
        prefix = "" if self._heading else _place(match, self._paint)
        if match.binary:
            self._out.write(f"{prefix}{': ' if prefix else ''}{_BINARY}\n")
        for line in match.lines:
            if self._context:
                self._show_with_context(prefix, line, printed)
            else:
                self._print(prefix, ":", line.number, self._matching(line))
        if not match.last:
            self._unfinished[match.file.raw_url] = printed
        elif not match.binary:
            self._show_after(prefix, printed, math.inf)

    def _begin(self, match: FileMatch) -> None:
        if self._file and (self._heading or self._context):
            self._out.write("\n" if self._heading else "--\n")
        self._file = match.file.raw_url
        if self._heading:
            about = f"  {self._paint(visible(match.gist.description), FAINT)}" if match.gist.description else ""
            self._out.write(f"{_place(match, self._paint, '  ')}{about}\n")

    def _show_with_context(self, prefix: str, line: LineMatch, printed: _Printed) -> None:
        self._show_after(prefix, printed, line.number)
        before = list(enumerate(line.before, line.number - len(line.before)))
        fresh = [(number, text) for number, text in before if number > printed.to]
        first = fresh[0][0] if fresh else line.number
        if not printed.is_separated and first > printed.to + 1:
            self._out.write("--\n")
        for number, text in fresh:
            self._print(prefix, "-", number, self._text(text))
        self._print(prefix, ":", line.number, self._matching(line))
        printed.to, printed.is_separated = line.number, False
        printed.after = line.after

    def _show_after(self, prefix: str, printed: _Printed, before: float) -> None:
        """Print the lines after the last match, but not what is itself a match or stands before one that follows."""
        for number, text in enumerate(printed.after, printed.to + 1):
            if number < before:
                self._print(prefix, "-", number, self._text(text))
                printed.to = number
        printed.after = ()

    def _print(self, prefix: str, mark: str, number: int, text: str) -> None:
        place = f"{prefix}{mark}" if prefix else ""
        self._out.write(f"{place}{self._paint(str(number), NUMBER)}{mark}{text}\n")

    def _matching(self, line: LineMatch) -> str:
        text = self._text(line.text) if self._paint is plain else "".join(self._pieces(line))
        return f"{text} {self._paint(_CUT, FAINT)}" if line.truncated else text

    def _pieces(self, line: LineMatch) -> Iterator[str]:
        position = 0
        for start, end in line.spans:
            if start < end:
                yield self._text(line.text[position:start])
                yield self._paint(self._text(line.text[start:end]), MATCH)
                position = end
        yield self._text(line.text[position:])


def _place(match: FileMatch, paint: Paint, between: str = ":") -> str:
    return f"{paint(visible(match.gist.url), PATH)}{between}{paint(visible(match.file.filename), PATH)}"


def plain(text: str, _: str) -> str:
    """Leave text without colour."""
    return text


def painter(*, colour: bool) -> Paint:
    """Return what colours text, or leaves it."""
    return coloured if colour else plain
