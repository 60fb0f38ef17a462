"""Rewrites an expression so that it means in a buffer of many lines what its author meant of one text."""

from __future__ import annotations

import functools
from collections.abc import Callable

import re2

from gistsearch.ports.matching import InvalidPattern, MatchOptions

_TOKEN = (
    r"(?s)\\Q.*?\\E|\\Q.*"  # quoted text
    r"|\\."  # an escape
    r"|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]"  # a character class
    r"|."
)

_LINE_START, _LINE_END = r"(?m:^)", r"(?m:$|\r$)"
_IN_A_LINE = {"^": _LINE_START, r"\A": _LINE_START, "$": _LINE_END, r"\z": _LINE_END}
_NO_WORD = r"[^\pL\pM\p{Nd}\p{Pc}]"
_IN_A_TEXT = {"^": "^", "$": r"(?:$|\r$)"}


def rewrite(pattern: str, options: MatchOptions) -> str:
    """Return the expression to compile for a valid expression of a user's.

    RE2 knows no look-ahead, so that `$` before `\\r\\n` has to take the `\\r` into the match. Where matches stay within
    a line, the line is the text: `\\A`, `\\z` and a `^` or `$` under `(?-m)` mean its two ends. And as its `\\b` knows
    ASCII alone, what stands beside a whole word is matched as well, and the first group is the word.

    Raises:
        InvalidPattern: `\\C` is used, which would cut characters into bytes.
    """
    anchors = _IN_A_TEXT if options.multiline else _IN_A_LINE
    if options.fixed_strings:
        body = re2.escape(pattern)
    else:
        body = "".join(_translated(token, anchors) for token in _tokens()(pattern))
    if options.word:
        body = f"(?:{anchors['^']}|{_NO_WORD})({body})(?:{anchors['$']}|{_NO_WORD})"
    return f"(?m){body}" if options.multiline else body


def _translated(token: str, anchors: dict[str, str]) -> str:
    if token.startswith(r"\Q"):
        return re2.escape(token[2:].removesuffix(r"\E"))
    if token == r"\C":
        raise InvalidPattern(r"\C matches single bytes, which would cut characters apart", part=token)
    return anchors.get(token, token)


@functools.cache
def _tokens() -> Callable[[str], list[str]]:
    return re2.compile(_TOKEN).findall
