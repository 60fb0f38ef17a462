"""What a search should find, computed in the simplest way: RE2 over each line, or over the whole text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import re2

from gistsearch.ports.matching import MatchOptions, Span


def compiled(pattern: str, options: MatchOptions) -> re2.Pattern:
    """Compile an expression as it stands, with RE2's own means alone. A word is the first group."""
    settings = re2.Options()
    settings.log_errors = False
    settings.case_sensitive = not options.ignore_case
    body = rf"({pattern})(?:$|[^\pL\pM\p{{Nd}}\p{{Pc}}])" if options.word else pattern
    return re2.compile(f"(?m){body}" if options.multiline else body, settings)


def lines_of(text: bytes) -> list[bytes]:
    """Return the lines without their line feeds; the last one may have none."""
    return text.split(b"\n")[: -1 if text.endswith(b"\n") or not text else None]


def matching_line_numbers(pattern: str, options: MatchOptions, text: bytes) -> list[int]:
    """Return the numbers of the lines in which RE2 finds something."""
    return [
        number for number, line in enumerate(lines_of(text), 1) if any(True for _ in spans_in(pattern, options, line))
    ]


def spans_in(pattern: str, options: MatchOptions, text: bytes) -> Iterator[Span]:
    """Yield RE2's matches from left to right; an empty one neither after another one nor inside a character."""
    search = _words(pattern, options, text) if options.word else _matches(pattern, options, text)
    position, last_end = 0, -1
    while position <= len(text) and (found := search(position)) is not None:
        start, end = found
        if start == end and (start == last_end or _is_within_character(text, start)):
            position = start + 1
            continue
        yield start, end
        position, last_end = (end, end) if end > start else (start + 1, -1)


def _matches(pattern: str, options: MatchOptions, text: bytes) -> Callable[[int], Span | None]:
    program = compiled(pattern, options)

    def search(position: int) -> Span | None:
        found = program.search(text, position)
        return found and found.span()

    return search


def _words(pattern: str, options: MatchOptions, text: bytes) -> Callable[[int], Span | None]:
    """Try each position without a word character before it."""
    program = compiled(pattern, options)

    def search(position: int) -> Span | None:
        for start in range(position, len(text) + 1):
            before = text[:start].decode(errors="surrogateescape")[-1:]
            found = None if before and _is_of_a_word(before) else program.match(text, start)
            if found and not _is_within_character(text, start):
                return found.span(1)
        return None

    return search


def _is_of_a_word(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category in ("Nd", "Pc")


def _is_within_character(text: bytes, position: int) -> bool:
    """Whether some character of the text, as Python decodes it, begins before a position and ends after it."""
    begin = 0
    for character in text.decode(errors="surrogateescape"):
        end = begin + len(character.encode(errors="surrogateescape"))
        if begin < position < end:
            return True
        begin = end
    return False
