"""The matcher port: finds patterns in bytes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import frozen

Span = tuple[int, int]
"""Start and end of a match, half-open."""


@frozen
class MatchOptions:
    """How patterns are to be read."""

    ignore_case: bool = False
    fixed_strings: bool = False
    """The patterns are plain text."""
    word: bool = False
    """A match must not have a letter, mark, decimal digit or connector (such as `_`) of any script next to it."""
    multiline: bool = False
    """A match may contain line feeds."""
    smart_case: bool = False
    """Ignore case unless a pattern contains an uppercase literal character. Group names, class names, flags and the
    letters of escapes (`\\S`) are not literals."""


class InvalidPattern(ValueError):
    """Indicates that an engine refuses a pattern. The message says what is wrong, in words for users."""

    def __init__(self, message: str, part: str | None = None, pattern: str | None = None) -> None:
        """
        Args:
            message: what is wrong.
            part: the part of the pattern that is wrong, if the engine says.
            pattern: the pattern that is wrong, if there are several.
        """
        super().__init__(message)
        self.part = part
        self.pattern = pattern


class Matcher(Protocol):
    """Compiled patterns. Safe to use from several threads at once."""

    @abstractmethod
    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        """Find matches in `buffer[start:end]`, with the bytes around it in sight.

        Implementers must ensure:

        - Spans lie within `start..end`, are ordered from left to right and do not overlap. With several patterns, a
          match of any of them counts. An empty match directly after another match is left out, and so is one inside a
          UTF-8 character.
        - Assertions look at the bytes around: with `start > 0`, `^` and `\\b` at `start` depend on `buffer[start - 1]`,
          and with `end < len(buffer)`, `$` and `\\b` at `end` depend on `buffer[end]`. Only the ends of the buffer are
          ends of the text.
        - `^` and `$` match at line boundaries. Lines end with a line feed; a carriage return is an ordinary character.
        - Without `multiline`, no match contains a line feed, and what is found in a line does not depend on how the
          lines around it are cut.
        - Any bytes are allowed. Those that are not valid UTF-8 match no character class and never stop a search.
        - Finding each match takes time linear in `end - start`. The iterator is lazy.

        Args:
            buffer: text, normally UTF-8.
            start, end: byte positions, `0 <= start <= end <= len(buffer)`.

        Yields:
            Spans in bytes from the beginning of the buffer.
        """
        raise NotImplementedError


class MatcherCompiler(Protocol):
    """Compiles patterns into matchers."""

    @abstractmethod
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        """Compile one or more patterns that a stranger may have typed, in bounded time and memory.

        Raises:
            InvalidPattern: a pattern is refused: bad syntax, too large or, without `multiline`, able to match nothing
                but a line feed.
            TypeError: `patterns` is a string, which would be a sequence of patterns of one character each.
        """
        raise NotImplementedError
