"""Rewrites patterns so that they mean in a buffer of many lines what their author meant in one line."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import re2

from gistsearch.ports.matching import InvalidPattern, MatchOptions

NOT_A_WORD_CHARACTER = r"[^\pL\pM\p{Nd}\p{Pc}]"

_ESCAPE = r"\\[pP]\{[^}]*\}|\\[pP].|\\x\{[^}]*\}|\\x..|\\[0-7]{1,3}|\\."
_CLASS_NAME = r"\[:\^?[a-z]+:\]"
_TOKEN = (
    r"(?s)\\Q.*?\\E|\\Q.*"  # quoted text
    rf"|{_ESCAPE}"
    rf"|\[\^?\]?(?:{_CLASS_NAME}|\\.|[^\]\\])*\]"  # a character class
    r"|\(\?P?<[^>]*>"  # the name of a group
    r"|\(\?[a-zA-Z^-]*[:)]"  # flags
    r"|\{\d+(?:,\d*)?\}"  # a counted repetition
    r"|."
)
_MEMBER = rf"(?s){_ESCAPE}|{_CLASS_NAME}|."
_OPERATORS = frozenset("^$.|()[]*+?")

_LINE_START, _LINE_END = "(?m:^)", "(?m:$)"
_IN_A_LINE = {"^": _LINE_START, r"\A": _LINE_START, "$": _LINE_END, r"\z": _LINE_END}


def rewrite(patterns: Iterable[str], options: MatchOptions) -> str:
    """Return one expression for valid patterns, with which a match of any of them is found.

    Where matches stay within a line, the line is the text: `\\A`, `\\z` and a `^` or `$` under `(?-m)` mean its ends.
    Flags of one pattern do not apply to another. If several patterns match at one position, the first one is found.

    Raises:
        InvalidPattern: `\\C` is used, which would cut characters into bytes.
    """
    bodies = [re2.escape(pattern) if options.fixed_strings else _translated(pattern, options) for pattern in patterns]
    body = bodies[0] if len(bodies) == 1 else "|".join(f"(?:{body})" for body in bodies)
    return f"(?m){body}" if options.multiline else body


def literal_characters(pattern: str) -> Iterator[str]:
    """Yield the characters that a valid pattern names: those that stand for themselves, the members of classes and the
    ends of their ranges, quoted text, and characters written as numbers (`\\x41`).

    These are the literals of ripgrep's smart case.
    """
    for token in _program(_TOKEN).findall(pattern):
        if token.startswith(r"\Q"):
            yield from token[2:].removesuffix(r"\E")
        elif token.startswith("[") and len(token) > 1:
            for member in _program(_MEMBER).findall(token[1:-1].removeprefix("^")):
                yield from _character(member)
        elif token not in _OPERATORS:
            yield from _character(token)


def _character(token: str) -> str:
    """Return the character that a token stands for; nothing if it does not stand for a single one."""
    if len(token) == 1:
        return token
    if token.startswith(r"\x"):
        return chr(int(token[2:].strip("{}"), 16))
    if token.startswith("\\") and token[1].isdigit():
        return chr(int(token[1:], 8))
    return token[1] if token.startswith("\\") and not token[1].isalpha() else ""


def _translated(pattern: str, options: MatchOptions) -> str:
    anchors = {} if options.multiline else _IN_A_LINE
    return "".join(_translated_token(token, anchors) for token in _program(_TOKEN).findall(pattern))


def _translated_token(token: str, anchors: dict[str, str]) -> str:
    if token.startswith(r"\Q"):
        return re2.escape(token[2:].removesuffix(r"\E"))
    if token == r"\C":
        raise InvalidPattern(r"\C matches single bytes, which would cut characters apart", part=token)
    if token.startswith("(?") and token.endswith(">"):
        return "("  # Two patterns may use the same name.
    return anchors.get(token, token)


@functools.cache
def _program(expression: str) -> Any:
    return re2.compile(expression)
