"""How matches are printed: for people on a terminal, for programs in a pipe."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Protocol, TextIO

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


class Lines(Printer):
    """Prints lines, each once, with the context that was asked for and `--` where there is a gap."""

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
        self._printed_to = 0  # in that file
        self._text = visible if heading else str

    def show(self, match: FileMatch) -> None:
        if match.file.raw_url != self._file:
            self._begin(match)
        if match.binary:
            place = "" if self._heading else f"{_place(match, self._paint)}: "
            self._out.write(f"{place}{_BINARY}\n")
        prefix = "" if self._heading else _place(match, self._paint)
        for line, following in zip_longest(match.lines, match.lines[1:]):
            if self._context:
                self._show_with_context(prefix, line, following.number if following else None)
            else:
                self._print(prefix, ":", line.number, self._matching(line))

    def _begin(self, match: FileMatch) -> None:
        if self._file and (self._heading or self._context):
            self._out.write("\n" if self._heading else "--\n")
        self._file, self._printed_to = match.file.raw_url, 0
        if self._heading:
            about = f"  {self._paint(visible(match.gist.description), FAINT)}" if match.gist.description else ""
            self._out.write(f"{_place(match, self._paint, '  ')}{about}\n")

    def _show_with_context(self, prefix: str, line: LineMatch, following: int | None) -> None:
        before = [(line.number - len(line.before) + at, text) for at, text in enumerate(line.before)]
        fresh = [(number, text) for number, text in before if number > self._printed_to]
        first = fresh[0][0] if fresh else line.number
        if self._printed_to and first > self._printed_to + 1:
            self._out.write("--\n")
        for number, text in fresh:
            self._print(prefix, "-", number, self._text(text))
        self._print(prefix, ":", line.number, self._matching(line))
        self._printed_to = line.number
        for number, text in enumerate(line.after, line.number + 1):
            if following is None or number < following:
                self._print(prefix, "-", number, self._text(text))
                self._printed_to = number

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
