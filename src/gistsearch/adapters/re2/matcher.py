"""Compiles expressions with RE2 and finds them in buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import re2
from attrs import evolve

from gistsearch.adapters.re2.syntax import NOT_A_WORD_CHARACTER, literal_characters, rewrite
from gistsearch.ports.matching import InvalidPattern, Matcher, MatcherCompiler, MatchOptions, Span

MAX_MEMORY_BYTES = 1 << 20
"""RE2's budget for the program and the automata of one pattern. With 8 MiB, compiling one can hold the interpreter's
lock for 400 ms; with 1 MiB the same pattern is refused after 11 ms (measured)."""
MAX_MEMORY_FOR_SEVERAL_BYTES = 8 << 20
"""The same for several patterns together. With less, RE2 has no room for the automaton of 500 words and falls back to
a method that is 50 times slower (measured)."""
MAX_TOTAL_SIZE = 40_000
"""The number of RE2's instructions that several patterns may have together, which bounds the time to compile them: a
literal character takes one, `\\pL` about 1,200. One pattern has less than this in `MAX_MEMORY_BYTES`."""

_NO_MATCH_PROGRAM_SIZE = 1
"""The size of the program that RE2 makes of an expression that cannot match anything."""


class _Found(Protocol):
    def span(self, group: int = 0) -> Span: ...


class _Program(Protocol):
    """What `re2.compile` returns; its class has no public name."""

    @property
    def programsize(self) -> int: ...

    def match(self, text: bytes, pos: int, endpos: int) -> _Found | None: ...

    def search(self, text: bytes, pos: int, endpos: int) -> _Found | None: ...

    def finditer(self, text: bytes, pos: int, endpos: int) -> Iterator[_Found]: ...


class Re2Compiler(MatcherCompiler):
    """Makes matchers that run on RE2."""

    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        if isinstance(patterns, str):
            raise TypeError("patterns must be a sequence of strings, not a string")
        try:
            _check(patterns, options)
            if options.smart_case:
                options = evolve(options, ignore_case=options.ignore_case or _is_case_ignored(patterns, options))
            return _compiled(patterns, options)
        finally:
            re2.purge()  # The module would keep 128 programs that strangers sent.


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
                    break  # The iterator would yield an empty match twice, and go on by a byte, not a character.
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
    """Finds whole words. As RE2 has no look-around and its `\\b` is ASCII-only, the characters around a word are
    matched as well, and the first group is the word.

    An invalid byte is not such a character, so it counts as part of the word.
    """

    def __init__(self, program: _Program, after_character: _Program) -> None:
        """
        Args:
            program: matches a word with the character before it, or at the beginning of a line.
            after_character: matches a word with the character before it.
        """
        self._search = program.search
        self._match_after_character = after_character.match

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
        """Return the next word from a position on, with the characters before and after in sight."""
        for end_of_sight in (_end_of_character(buffer, end), end):
            found = None
            if position > 0 and buffer[position - 1] != 0x0A:
                found = self._match_after_character(buffer, _start_of_previous(buffer, position), end_of_sight)
            found = found or self._search(buffer, position, end_of_sight)
            if found is None:
                return None
            span = found.span(1)
            if span[1] <= end:
                return span
        return None


def _start_of_previous(buffer: bytes, position: int) -> int:
    """Return where the character before a position begins."""
    position = max(0, position - 1)
    while _is_within_character(buffer, position):
        position -= 1
    return position


def _end_of_character(buffer: bytes, position: int) -> int:
    """Return where the character at a position ends."""
    position = min(len(buffer), position + 1)
    while _is_within_character(buffer, position):
        position += 1
    return position


def _is_within_character(buffer: bytes, position: int) -> bool:
    """Return whether a position is inside a multi-byte UTF-8 character."""
    if not 0 < position < len(buffer) or buffer[position] & 0xC0 != 0x80:
        return False
    for lead in range(position - 1, max(-1, position - 4), -1):
        if buffer[lead] & 0xC0 != 0x80:
            length = 2 if buffer[lead] < 0xE0 else 3 if buffer[lead] < 0xF0 else 4
            return buffer[lead] >= 0xC0 and position < lead + length
    return False


def _is_case_ignored(patterns: Sequence[str], options: MatchOptions) -> bool:
    """Decide as ripgrep does: case is ignored if there are literal characters, none of which is an uppercase one."""
    literals = "".join(patterns if options.fixed_strings else chain.from_iterable(map(literal_characters, patterns)))
    return literals != "" and not any(character.isupper() for character in literals)


def _check(patterns: Sequence[str], options: MatchOptions) -> None:
    """Refuse patterns one of which is invalid by itself, and patterns that are too large together."""
    total_size = 0
    for pattern in patterns:
        try:
            total_size += _size(pattern, options)
        except InvalidPattern as error:
            raise InvalidPattern(str(error), error.part, pattern) from error
        except UnicodeEncodeError as error:
            raise InvalidPattern("the pattern is not valid Unicode text", pattern=pattern) from error
        if total_size > MAX_TOTAL_SIZE and len(patterns) > 1:
            raise InvalidPattern("the patterns are too large together once compiled")


def _size(pattern: str, options: MatchOptions) -> int:
    """Return the number of instructions of a pattern's program.

    Raises:
        InvalidPattern: it is invalid.
    """
    if not options.fixed_strings:
        _compile(pattern, options)
    expression = rewrite([pattern], options)
    size = _compile(expression, options, never_nl=not options.multiline).programsize
    if size == _NO_MATCH_PROGRAM_SIZE and _compile(expression, options).programsize != size:
        raise InvalidPattern(
            "the pattern could only match a line feed, but lines are searched one by one: ask for multiline"
        )
    return size


def _compiled(patterns: Sequence[str], options: MatchOptions) -> Matcher:
    never_nl = not options.multiline
    max_memory_bytes = MAX_MEMORY_BYTES if len(patterns) == 1 else MAX_MEMORY_FOR_SEVERAL_BYTES
    expression = rewrite(patterns, options)
    if not options.word:
        return Re2Matcher(_compile(expression, options, max_memory_bytes, never_nl=never_nl))
    rest = f"({expression})(?:(?m:$)|{NOT_A_WORD_CHARACTER})"
    return Re2WordMatcher(
        _compile(f"(?:(?m:^)|{NOT_A_WORD_CHARACTER}){rest}", options, max_memory_bytes, never_nl=never_nl),
        _compile(f"{NOT_A_WORD_CHARACTER}{rest}", options, max_memory_bytes, never_nl=never_nl),
    )


def _compile(
    expression: str, options: MatchOptions, max_memory_bytes: int = MAX_MEMORY_BYTES, *, never_nl: bool = False
) -> _Program:
    settings = re2.Options()
    settings.log_errors = False
    settings.never_capture = not options.word
    settings.never_nl = never_nl
    settings.case_sensitive = not options.ignore_case
    settings.max_mem = max_memory_bytes
    try:
        return re2.compile(expression, settings)
    except re2.error as error:
        raise _explained(error) from error


_PLAIN_WORDS = {"missing )": "unclosed group", "missing ]": "unclosed class", "unexpected )": "unopened group"}
"""RE2's messages that read like a list of characters."""


def _explained(error: re2.error) -> InvalidPattern:
    """Translate RE2's `message: part`, in bytes, into words for users."""
    raised: object = error.args[0] if error.args else ""
    text = raised.decode(errors="replace") if isinstance(raised, bytes) else str(raised)
    message, _, part = text.partition(": ")
    if part.startswith(("(?=", "(?!", "(?<=", "(?<!")):
        message = "look-around is not supported, as it cannot be matched in linear time"
    elif len(part) > 1 and part[0] == "\\" and part[1].isdigit():
        message = "backreferences are not supported, as they cannot be matched in linear time"
    elif message.startswith("pattern too large"):
        message, part = "the pattern is too large once compiled", ""
    message = _PLAIN_WORDS.get(message, message)
    return InvalidPattern(f"{message}: {part}" if part else message, part=part or None)
