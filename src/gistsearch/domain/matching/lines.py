"""What is reported of a line."""

from __future__ import annotations

from attrs import frozen

from gistsearch.ports.matching import Span

EXCERPT_CHARACTERS = 500
"""The longest text that is reported of one line."""


@frozen
class ContextLine:
    """A line near a matching one."""

    text: str
    """The line without its end, or its beginning; at most 500 characters."""
    truncated: bool = False
    """Whether the line goes on after `text`."""


@frozen(slots=False)  # Made by the hundred thousand; with a `__dict__`, a frozen value is made in half the time.
class LineMatch:
    """One line that contains a match; with `Detail.MATCHES`, one match, or the part of it that lies in one line."""

    number: int
    """The line's number, from 1."""
    text: str
    """The line without its end, or an excerpt of it; at most 500 characters. With `Detail.MATCHES`: the match."""
    spans: tuple[Span, ...]
    """The matches as character positions in `text`: half-open, ordered, disjoint."""
    offset_bytes: int = 0
    """Where `text` begins in the line, as a byte position in UTF-8."""
    cut_before: bool = False
    """Whether `text` begins after the beginning of the line. With `Detail.MATCHES` it never does so of the match."""
    cut_after: bool = False
    """Whether the line (with `Detail.MATCHES`: the match) goes on after `text`."""
    before: tuple[ContextLine, ...] = ()
    """The lines before, nearest last."""
    after: tuple[ContextLine, ...] = ()
    """The lines after, nearest first."""

    @property
    def truncated(self) -> bool:
        """Whether `text` is an excerpt of the line (with `Detail.MATCHES`: of the match)."""
        return self.cut_before or self.cut_after
