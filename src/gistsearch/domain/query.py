"""What a search asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from attrs import Attribute, field, frozen
from attrs.validators import and_, deep_iterable, ge, instance_of, le, max_len, min_len, optional

from gistsearch.domain.globs import check_glob
from gistsearch.ports.matching import MatchOptions

MAX_PATTERN_LENGTH = 1_000
MAX_PATTERNS = 1_000
MAX_CONTEXT_LINES = 20
MAX_FILTERS = 50
MAX_FILTER_LENGTH = 255
MAX_USERNAME_LENGTH = 255
MAX_TIMEOUT_S = 366 * 86_400

_T = TypeVar("_T")
_Check = Callable[[Any, "Attribute[Any]", _T], Any]  # the shape of attrs' validators


class Detail(StrEnum):
    """How much a search reports about its matches."""

    GISTS = "gists"
    """Which gists match. A gist's other files are not searched once one of its files has matched."""
    COUNTS = "counts"
    """How many lines of each file match."""
    LINES = "lines"
    """The matching lines, with the matches in them."""
    MATCHES = "matches"
    """Each match by itself, however many a line contains."""
    MATCH_COUNTS = "match-counts"
    """How many matches each file contains."""


class Order(StrEnum):
    """In which order files are reported."""

    NONE = "none"
    """As they are found, which is fastest."""
    LISTING = "listing"
    """In the order of the listing: user by user, gist by gist, file by file."""


def _text(_: object, attribute: Attribute[Any], value: str) -> None:
    """Refuse text without a UTF-8 form: lone surrogates, as JSON and undecodable arguments can contain."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{attribute.alias} is not valid Unicode text") from error


def _glob(_: object, __: Attribute[Any], value: str) -> None:
    check_glob(value)


def _aware(_: object, attribute: Attribute[Any], value: datetime) -> None:
    if value.utcoffset() is None:
        raise ValueError(f"{attribute.alias} has no time zone")


def _tuple(values: str | Iterable[str]) -> tuple[str, ...]:
    return tuple([values] if isinstance(values, str) else values)


def _texts(max_length: int, *checks: _Check[str]) -> _Check[Iterable[str]]:
    return deep_iterable(and_(instance_of(str), min_len(1), max_len(max_length), _text, *checks))


@frozen
class SearchQuery:
    """A question: in which gists of these users do these patterns occur?

    Raises:
        TypeError, ValueError: a field has the wrong type or is out of range; the message says which.
    """

    usernames: tuple[str, ...] = field(converter=_tuple, validator=and_(min_len(1), _texts(MAX_USERNAME_LENGTH)))
    """One or more. Which names exist is for the source to say."""
    patterns: tuple[str, ...] = field(
        alias="pattern",
        converter=_tuple,
        validator=and_(min_len(1), max_len(MAX_PATTERNS), _texts(MAX_PATTERN_LENGTH)),
    )
    """One or more; a line matches if any of them does."""
    options: MatchOptions = field(default=MatchOptions(), kw_only=True)
    files: tuple[str, ...] = field(
        default=(),
        converter=_tuple,
        validator=and_(max_len(MAX_FILTERS), _texts(MAX_FILTER_LENGTH, _glob)),
        kw_only=True,
    )
    """Globs for file names; a leading `!` excludes. Empty: all files."""
    languages: tuple[str, ...] = field(
        default=(), converter=_tuple, validator=and_(max_len(MAX_FILTERS), _texts(MAX_FILTER_LENGTH)), kw_only=True
    )
    """Names of languages, in any case. Empty: all files."""
    since: datetime | None = field(default=None, validator=optional(and_(instance_of(datetime), _aware)), kw_only=True)
    """Search only gists that were updated at this time or later; None: all gists. With a time zone."""
    detail: Detail = field(default=Detail.LINES, kw_only=True)
    order: Order = field(default=Order.NONE, kw_only=True)
    max_lines: int | None = field(default=None, validator=optional(and_(instance_of(int), ge(1))), kw_only=True)
    """Matching lines of a file after which its search ends (with `multiline`: matches); None: no limit."""
    context_before: int = field(default=0, validator=and_(instance_of(int), ge(0), le(MAX_CONTEXT_LINES)), kw_only=True)
    context_after: int = field(default=0, validator=and_(instance_of(int), ge(0), le(MAX_CONTEXT_LINES)), kw_only=True)
    """Lines to report before and after each matching line, with `Detail.LINES`."""
    invert: bool = field(default=False, kw_only=True)
    """Report the lines that do not match. Not with `multiline`, `Detail.MATCHES` or `Detail.MATCH_COUNTS`."""
    text: bool = field(default=False, kw_only=True)
    """Report the lines of files with NUL bytes like those of any other file."""
    timeout_s: float | None = field(
        default=None,
        validator=optional(and_(instance_of((int, float)), ge(0.001), le(MAX_TIMEOUT_S))),
        kw_only=True,
    )
    """Seconds after which the search ends with what it has found; None: no limit."""

    def __attrs_post_init__(self) -> None:
        if self.invert and (self.options.multiline or self.detail in (Detail.MATCHES, Detail.MATCH_COUNTS)):
            raise ValueError("inverted matching works line by line: not with multiline or single matches")
