"""The corpus for engines: what patterns find in a buffer, as TOML.

Each `[[case]]` has a `name`, a `pattern` (a string, or a list of several), a `haystack`, and the expected result. A
haystack is a string, or a list of strings, bytes (as numbers) and `{ text = "…", times = N }`. The options of
`MatchOptions` are keys of their own. `within = [start, end]` searches only there.

`spans` is the answer; `also` lists further ones, each a list of spans, if the port leaves a choice. With
`refused = true` the engine may refuse the pattern, and must if there is no answer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from attrs import field, frozen
from attrs.converters import optional
from attrs.validators import deep_iterable, instance_of, min_len

from gistsearch.ports.matching import MatchOptions, Span

Spans = tuple[Span, ...]
Piece = str | int | Mapping[str, Any]


def _bytes(haystack: str | Sequence[Piece]) -> bytes:
    pieces = [haystack] if isinstance(haystack, str) else haystack
    return b"".join(_piece(piece) for piece in pieces)


def _piece(piece: Piece) -> bytes:
    match piece:
        case str():
            return piece.encode()
        case int():
            return bytes([piece])
        case {"text": str(text), "times": int(times)}:
            return text.encode() * times
        case _:
            raise ValueError(f"a piece of a haystack is text, a byte, or text and times, not {piece!r}")


def _patterns(patterns: str | Sequence[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _span(pair: Sequence[int]) -> Span:
    start, end = pair
    return start, end


def _spans(pairs: Iterable[Sequence[int]]) -> Spans:
    return tuple(_span(pair) for pair in pairs)


def _answers(answers: Iterable[Iterable[Sequence[int]]]) -> tuple[Spans, ...]:
    return tuple(_spans(answer) for answer in answers)


@frozen(kw_only=True)
class Case:
    """Patterns, a buffer, and what an engine may find. The fields are the keys of the corpus."""

    name: str = field(validator=[instance_of(str), min_len(1)])
    patterns: tuple[str, ...] = field(alias="pattern", converter=_patterns, validator=deep_iterable(instance_of(str)))
    haystack: bytes = field(default=b"", converter=_bytes)
    ignore_case: bool = field(default=False, validator=instance_of(bool))
    fixed_strings: bool = field(default=False, validator=instance_of(bool))
    word: bool = field(default=False, validator=instance_of(bool))
    multiline: bool = field(default=False, validator=instance_of(bool))
    smart_case: bool = field(default=False, validator=instance_of(bool))
    within: Span | None = field(default=None, converter=optional(_span))
    spans: Spans | None = field(default=None, converter=optional(_spans))
    also: tuple[Spans, ...] = field(default=(), converter=_answers)
    refused: bool = field(default=False, validator=instance_of(bool))

    def __attrs_post_init__(self) -> None:
        if self.spans is None and (self.also or not self.refused):
            raise ValueError(f"{self.name}: it states neither what is found nor that the pattern is refused")

    @property
    def options(self) -> MatchOptions:
        return MatchOptions(
            ignore_case=self.ignore_case,
            fixed_strings=self.fixed_strings,
            word=self.word,
            multiline=self.multiline,
            smart_case=self.smart_case,
        )

    @property
    def answers(self) -> tuple[Spans, ...]:
        """The answers allowed; none if the pattern has to be refused."""
        return () if self.spans is None else (self.spans, *self.also)


def read_cases(file: Traversable) -> tuple[Case, ...]:
    """Read a file of the corpus, or one of your own (a `pathlib.Path`) of the same form.

    Raises:
        ValueError, TypeError: it has another form.
    """
    corpus = tomllib.loads(file.read_text("utf-8"))
    if set(corpus) != {"case"}:
        raise ValueError(f"{file.name} contains something other than cases")
    return tuple(Case(**case) for case in corpus["case"])


def _corpus(*names: str) -> tuple[Case, ...]:
    folder = files("gistsearch.testing") / "corpus"
    return tuple(case for name in names for case in read_cases(folder / f"{name}.toml"))


PORT_CASES = _corpus("patterns", "options", "anchors", "neighbours", "empty", "lines", "bytes", "refused")
"""What the port requires of every engine, in syntax that all engines share."""
RE2_CASES = _corpus("re2")
"""What is specific to RE2: its syntax, its preference among matches, and what it refuses to keep time linear."""
