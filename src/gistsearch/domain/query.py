"""What is asked: a search query, checked."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from attrs import Attribute, field, frozen
from attrs.validators import and_, deep_iterable, ge, instance_of, le, max_len, min_len, optional

from gistsearch.ports.matching import MatchOptions

MAX_PATTERN_LENGTH = 1_000
MAX_CONTEXT_LINES = 20
MAX_FILTERS = 50
MAX_FILTER_LENGTH = 255
MAX_USERNAME_LENGTH = 64
MAX_TIMEOUT_S = 366 * 86_400

_T = TypeVar("_T")
_Check = Callable[[Any, "Attribute[Any]", _T], Any]  # the shape of attrs' validators

_USERNAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-_[]")


def _text(_: object, attribute: Attribute[Any], value: str) -> None:
    """Refuse text that has no UTF-8 form: lone surrogates, as JSON and undecodable arguments can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{attribute.name} is not valid Unicode text") from error


def _username(_: object, attribute: Attribute[Any], value: str) -> None:
    """Check loosely: managed users end in `_shortcode`, bots in `[bot]`, and old accounts break the dash rules."""
    if not _USERNAME_CHARACTERS.issuperset(value):
        raise ValueError("a user name consists of letters, digits, '-', '_', '[' and ']'")


def _glob(_: object, attribute: Attribute[Any], value: str) -> None:
    if "{" in value.replace("[{]", ""):
        raise ValueError("globs know no {a,b}: give several globs, or write [{] for a brace")


def _tuple(values: Iterable[str]) -> tuple[str, ...]:
    return tuple([values] if isinstance(values, str) else values)


def _texts(*checks: _Check[str]) -> _Check[Iterable[str]]:
    return deep_iterable(and_(instance_of(str), min_len(1), max_len(MAX_FILTER_LENGTH), _text, *checks))


@frozen(kw_only=True)
class SearchQuery:
    """A question: in which gists of these users does this pattern occur?

    Raises:
        TypeError, ValueError: a field is of the wrong type or out of its range; the message says which.
    """

    usernames: tuple[str, ...] = field(
        converter=_tuple,
        validator=and_(
            min_len(1),
            deep_iterable(and_(instance_of(str), min_len(1), max_len(MAX_USERNAME_LENGTH), _username)),
        ),
    )
    pattern: str = field(validator=and_(instance_of(str), min_len(1), max_len(MAX_PATTERN_LENGTH), _text))
    options: MatchOptions = MatchOptions()
    files: tuple[str, ...] = field(default=(), converter=_tuple, validator=and_(max_len(MAX_FILTERS), _texts(_glob)))
    """Globs for file names; one with a leading `!` excludes. No globs: all files."""
    languages: tuple[str, ...] = field(default=(), converter=_tuple, validator=and_(max_len(MAX_FILTERS), _texts()))
    """Languages as the source names them, any case. None: all files."""
    kept_lines: int | None = field(default=0, validator=optional(and_(instance_of(int), ge(0))))
    """How many matching lines of a file are handed on; None: all."""
    stop_after_lines: int | None = field(default=1, validator=optional(and_(instance_of(int), ge(1))))
    """After how many matching lines the rest of a file is of no interest; None: never."""
    all_spans: bool = True
    """Whether every match of a line is told; else its first alone, which is quicker where a line has many."""
    one_file_per_gist: bool = False
    """Whether a gist's first matching file makes its other files superfluous."""
    context_before: int = field(default=0, validator=and_(instance_of(int), ge(0), le(MAX_CONTEXT_LINES)))
    context_after: int = field(default=0, validator=and_(instance_of(int), ge(0), le(MAX_CONTEXT_LINES)))
    timeout_s: float | None = field(
        default=None, validator=optional(and_(instance_of((int, float)), ge(0.001), le(MAX_TIMEOUT_S)))
    )
    """Seconds after which the search ends with what it has; None: no limit."""
