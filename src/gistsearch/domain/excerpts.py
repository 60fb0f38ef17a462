"""Text for people out of lines of bytes: decoded, short, with the matches marked in characters."""

from __future__ import annotations

from collections.abc import Iterable

from gistsearch.domain.results import EXCERPT_CHARACTERS
from gistsearch.ports.matching import Span

LEAD_CHARACTERS = 100
"""How much of a long line is shown before its first match."""
EXCERPT_BYTES = 4 * EXCERPT_CHARACTERS
"""What the characters of an excerpt take at most, in UTF-8."""

_LEAD_BYTES = 4 * LEAD_CHARACTERS


def line_excerpt(data: bytes, start: int, end: int) -> str:
    """Return the beginning of the line `data[start:end]`, at most 500 characters, without its carriage return."""
    end = text_end(data, start, end)
    return data[start : min(end, start + EXCERPT_BYTES)].decode(errors="replace")[:EXCERPT_CHARACTERS]


def match_excerpt(data: bytes, start: int, end: int, spans: list[Span]) -> tuple[str, tuple[Span, ...], bool]:
    """Cut the line `data[start:end]` around its first match.

    Args:
        data: text in UTF-8, mostly.
        start, end: the line, without its line feed.
        spans: matches in it, in bytes of `data`, ordered, disjoint; the last one may lead out of it.

    Returns:
        The text (at most 500 characters), the spans in characters of it, and whether anything was cut off.
    """
    if (
        end - start <= EXCERPT_CHARACTERS and spans[-1][1] <= end
    ):  # What is usual takes few steps: there may be a million such lines.
        line = data[start:end]
        if line.isascii() and not line.endswith(b"\r"):
            if len(spans) == 1:
                s, e = spans[0]
                return line.decode(), ((s - start, e - start),), False
            return line.decode(), tuple([(s - start, e - start) for s, e in spans]), False
    end = text_end(data, start, end)
    if spans[-1][1] > end:  # into the line end, or the next line
        spans = [(min(s, end), min(e, end)) for s, e in spans]
    if end - start <= EXCERPT_BYTES:
        text, marked = _decoded(data, start, end, spans)
        if len(text) <= EXCERPT_CHARACTERS:
            return text, tuple(marked), False
    begin = _lead(data, start, spans[0][0])
    text, marked = _decoded(data, begin, min(end, begin + EXCERPT_BYTES), spans)
    cut = begin > start or begin + EXCERPT_BYTES < end or len(text) > EXCERPT_CHARACTERS
    within = [(s, min(e, EXCERPT_CHARACTERS)) for s, e in marked if s < EXCERPT_CHARACTERS]
    return text[:EXCERPT_CHARACTERS], tuple(within), cut


def text_end(data: bytes, start: int, end: int) -> int:
    """Return where the line's text ends: before the carriage return of `\\r\\n`, which is part of the line end."""
    return end - 1 if end > start and end < len(data) and data[end - 1] == 0x0D else end


def _lead(data: bytes, start: int, first: int) -> int:
    """Return where the excerpt begins: 100 characters before the first match, or at the beginning of the line."""
    seen = data[max(start, first - _LEAD_BYTES) : first].decode(errors="replace")
    begin = max(start, first - len(seen[-LEAD_CHARACTERS:].encode()))
    while begin < first and data[begin] & 0xC0 == 0x80:
        begin += 1
    return begin


def _decoded(data: bytes, start: int, end: int, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Decode piece by piece, so that the spans in characters hold even where the bytes are no valid text."""
    pieces: list[str] = []
    marked: list[Span] = []
    position, length = start, 0
    for s, e in spans:
        if s > end:
            break
        before = data[position:s].decode(errors="replace")
        match = data[s : min(e, end)].decode(errors="replace")
        pieces += before, match
        marked.append((length + len(before), length + len(before) + len(match)))
        length, position = marked[-1][1], min(e, end)
    pieces.append(data[position:end].decode(errors="replace"))
    return "".join(pieces), marked
