"""Text for people from lines of bytes: decoded, short, with the matches marked in characters."""

from __future__ import annotations

from collections.abc import Iterable

from gistsearch.domain.matching.lines import EXCERPT_CHARACTERS, ContextLine
from gistsearch.ports.matching import Span

LEAD_CHARACTERS = 100
"""How much of a long line is shown before its first match."""
EXCERPT_BYTES = 4 * EXCERPT_CHARACTERS
"""The most that the characters of an excerpt take in UTF-8."""

_LEAD_BYTES = 4 * LEAD_CHARACTERS


def line_excerpt(data: bytes, start: int, end: int) -> ContextLine:
    """Return the line `data[start:end]`, or its first 500 characters."""
    text = data[start : min(end, start + EXCERPT_BYTES)].decode(errors="replace")
    return ContextLine(text[:EXCERPT_CHARACTERS], end - start > EXCERPT_BYTES or len(text) > EXCERPT_CHARACTERS)


def match_excerpt(data: bytes, start: int, end: int, spans: list[Span]) -> tuple[str, tuple[Span, ...], int, bool]:
    """Cut the line `data[start:end]` around its first match.

    Args:
        data: text, normally UTF-8.
        start, end: the line, without its line feed.
        spans: matches in it, as byte positions in `data`, ordered and disjoint; the last one may end after the line.
            Empty for a line without a match.

    Returns:
        The text, at most 500 characters; the matches as character positions in it; where it begins in `data`; and
        whether the line goes on after it.
    """
    if end - start <= EXCERPT_CHARACTERS and (not spans or spans[-1][1] <= end):
        line = data[start:end]
        if line.isascii():  # The usual case, and there may be a million such lines.
            return line.decode(), tuple([(s - start, e - start) for s, e in spans]), start, False
    spans = [(min(s, end), min(e, end)) for s, e in spans]  # without the line feed
    if end - start <= EXCERPT_BYTES:
        text, marked = _decoded(data, start, end, spans)
        if len(text) <= EXCERPT_CHARACTERS:
            return text, tuple(marked), start, False
    begin = _begin(data, start, spans[0][0]) if spans else start
    text, marked = _decoded(data, begin, min(end, begin + EXCERPT_BYTES), spans)
    cut_after = begin + EXCERPT_BYTES < end or len(text) > EXCERPT_CHARACTERS
    within = [(s, min(e, EXCERPT_CHARACTERS)) for s, e in marked if s < EXCERPT_CHARACTERS]
    return text[:EXCERPT_CHARACTERS], tuple(within), begin, cut_after


def _begin(data: bytes, start: int, first: int) -> int:
    """Return where the excerpt begins: 100 characters before the first match, or at the beginning of the line."""
    seen = data[max(start, first - _LEAD_BYTES) : first].decode(errors="replace")
    begin = max(start, first - len(seen[-LEAD_CHARACTERS:].encode()))
    while begin < first and data[begin] & 0xC0 == 0x80:
        begin += 1
    return begin


def _decoded(data: bytes, start: int, end: int, spans: Iterable[Span]) -> tuple[str, list[Span]]:
    """Decode piece by piece, so that the spans in characters are right even if the bytes are not valid text."""
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
