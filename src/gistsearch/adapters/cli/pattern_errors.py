"""What is wrong with a pattern, with a mark under the place."""

from __future__ import annotations

from collections.abc import Sequence

from gistsearch.adapters.cli.terminal import display_width, escape_controls
from gistsearch.ports.matching import InvalidPattern

_OUR_WORDS = {"ask for multiline": "-U lets a pattern match them"}
"""What engines call things, and what they are called here."""
_AROUND = 30
"""How much of a long pattern is shown on either side of the place."""


def explain_pattern(error: InvalidPattern, patterns: Sequence[str]) -> list[str]:
    """Return the message and, as further lines, the pattern with carets under the wrong part if that can be found."""
    pattern = error.pattern or (patterns[0] if len(patterns) == 1 else None)
    message = f"invalid pattern: {error}"
    for theirs, ours in _OUR_WORDS.items():
        message = message.replace(theirs, ours)
    place = _place(pattern, error.part) if pattern else None
    if pattern is None or (place is None and len(patterns) == 1):
        return [message]
    if place is None:
        return [message, f"    {escape_controls(_cut(pattern, 2 * _AROUND))}"]
    start, end = place
    before = escape_controls(pattern[max(0, start - _AROUND) : start])
    part = escape_controls(pattern[start:end])
    after = escape_controls(pattern[end : end + _AROUND])
    more_before, more_after = "…" * (start > _AROUND), "…" * (len(pattern) - end > _AROUND)
    indent, carets = " " * display_width(more_before + before), "^" * max(1, display_width(part))
    return [message, f"    {more_before}{before}{part}{after}{more_after}", f"    {indent}{carets}"]


def _place(pattern: str, part: str | None) -> tuple[int, int] | None:
    """Return where the wrong part is, if it occurs once and is not the whole pattern."""
    if not part or pattern.count(part) != 1 or (part == pattern and len(part) > 1):
        return None
    start = pattern.index(part)
    return start, start + len(part)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
