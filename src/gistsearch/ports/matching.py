"""What finds a pattern in bytes: the matcher port, its options, and the error of a bad pattern."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol

from attrs import frozen

Span = tuple[int, int]
"""Where a match lies: start and end, half-open."""


@frozen
class MatchOptions:
    """How an expression is to be read."""

    ignore_case: bool = False
    fixed_strings: bool = False
    """The expression is plain text."""
    word: bool = False
    """No letter, mark, decimal digit or connector (such as `_`), of any script, stands directly before or behind a
    match."""
    multiline: bool = False
    """A match may contain line feeds."""


class InvalidPattern(ValueError):
    """Indicates that an engine refuses an expression. The message says what is wrong, in words for users."""

    def __init__(self, message: str, part: str | None = None) -> None:
        """
        Args:
            message: what is wrong.
            part: the piece of the expression that is, where the engine tells.
        """
        super().__init__(message)
        self.part = part


class Matcher(Protocol):
    """A compiled expression. May be used by several threads at once."""

    @abstractmethod
    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        """Find matches in `buffer[start:end]`, seeing the buffer's true neighbours.

        What an implementer owes:

        - Spans lie within `start..end`, from left to right, and do not overlap. An empty match directly behind another
          match is left out, and so is one within a UTF-8 character.
        - Assertions look at the bytes around: with `start > 0`, `^` and `\\b` at `start` depend on `buffer[start - 1]`,
          and with `end < len(buffer)`, `$` and `\\b` at `end` on `buffer[end]`. Only the buffer's own ends count as
          ends of text.
        - `^` and `$` match at line boundaries; `$` also before `\\r\\n` (the match may then include the `\\r`).
        - Unless `multiline` was asked for, no match contains a line feed, and how the lines before and after are
          cut off never changes what is found in a line.
        - Any bytes are allowed; those that are not UTF-8 match no character class and stop nothing.
        - Time is linear in `end - start` for each match that is taken; the iterator is lazy.

        Args:
            buffer: text in UTF-8, mostly.
            start, end: byte positions, `0 <= start <= end <= len(buffer)`.

        Yields:
            Spans in bytes, counted from the buffer's beginning.
        """
        raise NotImplementedError


class MatcherCompiler(Protocol):
    """Makes matchers of expressions."""

    @abstractmethod
    def compile(self, pattern: str, options: MatchOptions) -> Matcher:
        """Compile an expression that a stranger may have typed, in bounded time and memory.

        Raises:
            InvalidPattern: the expression is refused: bad syntax, too large, or, without `multiline`, one that could
                only match a line feed.
        """
        raise NotImplementedError
