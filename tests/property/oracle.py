"""What a search should find, said again in the plainest way: RE2 over each line, or over the whole text."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from gistsearch.ports.matching import MatchOptions, Span


def compiled(pattern: str, options: MatchOptions) -> re2.Pattern:
    """Compile an expression as it stands, with RE2's own means alone."""
    settings = re2.Options()
    settings.log_errors = False
    settings.never_capture = True
    settings.case_sensitive = not options.ignore_case
    body = rf"(?:\b|^)(?:{pattern})(?:\b|$)" if options.word else pattern
    return re2.compile(f"(?m){body}" if options.multiline else body, settings)


def lines_of(text: bytes) -> list[bytes]:
    """Return the lines without their line feeds; the last one may have none."""
    return text.split(b"\n")[: -1 if text.endswith(b"\n") or not text else None]


def matching_line_numbers(pattern: str, options: MatchOptions, text: bytes) -> list[int]:
    """Return the numbers of the lines in which RE2 finds something, with or without their carriage return."""
    return [
        number
        for number, line in enumerate(lines_of(text), 1)
        if any(list(spans_in(pattern, options, part)) for part in (line, line.removesuffix(b"\r")))
    ]


def spans_in(pattern: str, options: MatchOptions, text: bytes) -> Iterator[Span]:
    """Yield RE2's matches in a text from left to right; an empty one neither behind another nor in a character."""
    search = compiled(pattern, options).search
    position, last_end = 0, -1
    while position <= len(text) and (found := search(text, position)) is not None:
        start, end = found.span()
        if start == end and (start == last_end or _is_within_character(text, start)):
            position = start + 1
            continue
        yield start, end
        position, last_end = (end, end) if end > start else (start + 1, -1)


def _is_within_character(text: bytes, position: int) -> bool:
    """Whether some character of the text, as Python decodes it, begins before a position and ends behind it."""
    begin = 0
    for character in text.decode(errors="surrogateescape"):
        end = begin + len(character.encode(errors="surrogateescape"))
        if begin < position < end:
            return True
        begin = end
    return False
