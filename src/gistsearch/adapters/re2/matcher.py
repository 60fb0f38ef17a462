"""Compiles expressions with RE2 and finds them in buffers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import re2

from gistsearch.adapters.re2.syntax import rewrite
from gistsearch.ports.matching import InvalidPattern, Matcher, MatcherCompiler, MatchOptions, Span

MAX_MEMORY_BYTES = 1 << 20
"""RE2's budget for a program and its automata. At 8 MiB one pattern can hold the interpreter's lock for 400 ms while it
is compiled; at 1 MiB it is refused after 11 ms (measured)."""

_NO_MATCH_PROGRAM_SIZE = 1
"""The size of the program to which RE2 compiles what cannot match anything."""


class _Found(Protocol):
    def span(self, group: int = 0) -> Span: ...


class _Program(Protocol):
    """What `re2.compile` returns; its class has no public name."""

    @property
    def programsize(self) -> int: ...

    def search(self, text: bytes, pos: int, endpos: int) -> _Found | None: ...

    def finditer(self, text: bytes, pos: int, endpos: int) -> Iterator[_Found]: ...


class Re2Compiler(MatcherCompiler):
    """Makes matchers that run on RE2."""

    def compile(self, pattern: str, options: MatchOptions) -> Matcher:
        try:
            program = self._program(pattern, options)
            return Re2WordMatcher(program) if options.word else Re2Matcher(program)
        except UnicodeEncodeError as error:
            raise InvalidPattern("the pattern is not valid Unicode text") from error
        finally:
            re2.purge()  # The module would keep 128 programs that strangers sent.

    def _program(self, pattern: str, options: MatchOptions) -> _Program:
        if not options.fixed_strings:
            _compile(pattern, options, never_nl=False)
        expression = rewrite(pattern, options)
        program = _compile(expression, options, never_nl=not options.multiline)
        if not options.multiline and program.programsize == _NO_MATCH_PROGRAM_SIZE:
            _refuse_line_feeds(expression, options)
        return program


class Re2Matcher(Matcher):
    """An expression compiled by RE2. Searching releases the interpreter's lock."""

    def __init__(self, program: _Program) -> None:
        self._finditer = program.finditer

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        position, last_end = start, -1
        while position <= end:
            for found in self._finditer(buffer, position, end):
                span = found.span()
                if span[0] == span[1]:
                    position = span[0]
                    break  # The iterator would tell an empty match twice, and go on by a byte, not a character.
                last_end = span[1]
                yield span
            else:
                return
            if position != last_end and not _is_within_character(buffer, position):
                yield position, position
            position += 1
            while _is_within_character(buffer, position):
                position += 1


class Re2WordMatcher(Matcher):
    """An expression whose first group is the match; beside it are a character or the end of a line, on either side.

    A byte that is no text is no such character, so that it counts as a part of the word.
    """

    def __init__(self, program: _Program) -> None:
        self._search = program.search

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        position, last_end = start, -1
        while position <= end and (span := self._next(buffer, position, end)) is not None:
            if span[0] < span[1]:
                position = last_end = span[1]
                yield span
                continue
            if span[0] != last_end:
                yield span
            position = span[1] + 1
            while _is_within_character(buffer, position):
                position += 1

    def _next(self, buffer: bytes, position: int, end: int) -> Span | None:
        """Find the next match from a position on, with what stands before and behind it in sight."""
        for pos, endpos in ((_before(buffer, position), _behind(buffer, end)), (position, end)):
            found = self._search(buffer, pos, endpos)
            if found is None:
                return None
            span = found.span(1)
            if position <= span[0] and span[1] <= end:
                return span
        return None


def _before(buffer: bytes, position: int) -> int:
    """Return where the character before a position begins."""
    position = max(0, position - 1)
    while _is_within_character(buffer, position):
        position -= 1
    return position


def _behind(buffer: bytes, position: int) -> int:
    """Return where the character at a position ends."""
    position = min(len(buffer), position + 1)
    while _is_within_character(buffer, position):
        position += 1
    return position


def _is_within_character(buffer: bytes, position: int) -> bool:
    """Say whether the byte at a position goes on with a character of UTF-8; not any byte that might, does."""
    if not 0 < position < len(buffer) or buffer[position] & 0xC0 != 0x80:
        return False
    for lead in range(position - 1, max(-1, position - 4), -1):
        if buffer[lead] & 0xC0 != 0x80:
            length = 2 if buffer[lead] < 0xE0 else 3 if buffer[lead] < 0xF0 else 4
            return buffer[lead] >= 0xC0 and position < lead + length
    return False


def _compile(expression: str, options: MatchOptions, *, never_nl: bool) -> _Program:
    settings = re2.Options()
    settings.log_errors = False
    settings.never_capture = not options.word
    settings.never_nl = never_nl
    settings.case_sensitive = not options.ignore_case
    settings.max_mem = MAX_MEMORY_BYTES
    try:
        return re2.compile(expression, settings)
    except re2.error as error:
        raise _explained(error) from error


def _refuse_line_feeds(expression: str, options: MatchOptions) -> None:
    if _compile(expression, options, never_nl=False).programsize != _NO_MATCH_PROGRAM_SIZE:
        raise InvalidPattern(
            "the pattern could only match a line feed, but lines are searched one by one: ask for multiline"
        )


def _explained(error: re2.error) -> InvalidPattern:
    """Translate RE2's `message: part`, in bytes, into words for users."""
    told: object = error.args[0] if error.args else ""
    text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
    message, _, part = text.partition(": ")
    if part.startswith(("(?=", "(?!", "(?<=", "(?<!")):
        message = "look-around is not supported, as it cannot be matched in linear time"
    elif len(part) > 1 and part[0] == "\\" and part[1].isdigit():
        message = "backreferences are not supported, as they cannot be matched in linear time"
    elif message.startswith("pattern too large"):
        message, part = "the pattern is too large once it is compiled", ""
    return InvalidPattern(f"{message}: {part}" if part else message, part=part or None)
