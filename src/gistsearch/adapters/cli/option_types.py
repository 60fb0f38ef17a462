"""What the values of flags may be. Errors say it in the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from gistsearch.adapters.cli.hyperlinks import NAMES, LinkFormat
from gistsearch.adapters.cli.usernames import parse_username
from gistsearch.domain.globs import check_glob
from gistsearch.domain.query import MAX_FILTER_LENGTH, MAX_PATTERN_LENGTH, MAX_TIMEOUT_S, MAX_USERNAME_LENGTH

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

T = TypeVar("T")

_AGO = re.compile(r"([0-9]{1,9})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Checked(click.ParamType, Generic[T]):  # pyright: ignore[reportMissingTypeArgument]  # generic since click 8.5
    """A value that a function reads. The message of its `ValueError` goes on after the value: `is not a number`."""

    def __init__(self, name: str, read: Callable[[str], T], proposals: Callable[[], Sequence[str]] = tuple) -> None:
        """
        Args:
            name: stands for the value in the help.
            read: returns the value.
            proposals: returns what a shell may complete.
        """
        self.name = name
        self._read = read
        self._proposals = proposals

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            raise click.BadParameter(f"{_quoted(value)} {error}", ctx, param) from None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        start = incomplete.casefold()
        return [CompletionItem(value) for value in self._proposals() if value.casefold().startswith(start)]


def read_pattern(text: str) -> str:
    """Return a pattern.

    Raises:
        ValueError: it is empty, too long, or has no UTF-8 form.
    """
    if not text:
        raise ValueError("is empty and would match every line; '^' does that if it is meant")
    return _bounded(text, MAX_PATTERN_LENGTH)


def read_username(text: str) -> str:
    """Return the name that a word gives.

    Raises:
        ValueError: it gives none.
    """
    return _bounded(parse_username(text), MAX_USERNAME_LENGTH)


def whole_number(low: int, high: int | None = None) -> Checked[int]:
    """Return the type of a whole number in a range that includes both ends."""
    limits = f"from {low} to {high}" if high is not None else f"of at least {low}"

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and low <= int(text) <= (int(text) if high is None else high):
            return int(text)
        raise ValueError(f"is not a whole number {limits}")

    return Checked("NUM", read)


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0.001 <= seconds <= MAX_TIMEOUT_S:  # the shortest that a query takes
        return seconds
    raise ValueError("is not a number of seconds above 0")


def _read_time(text: str) -> datetime:
    """Return the time that a text gives: by itself, or as so long ago. Without a zone, it is local time."""
    now = datetime.now().astimezone()
    try:
        if match := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise ValueError("is not a time such as 2026-11-26, 2026-11-26T08:00Z or 7d") from None


def _read_glob(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    check_glob(text)
    return _bounded(text, MAX_FILTER_LENGTH)


def _read_language(text: str) -> str:
    from gistsearch.domain.languages import UnknownLanguage, resolve_language

    try:
        resolve_language(_bounded(text, MAX_FILTER_LENGTH))
    except UnknownLanguage as error:
        message = str(error)
        raise click.BadParameter(
            f"{message}{'' if message.endswith('?') else ';'} --type-list lists all names"
        ) from None
    return text


def _languages() -> Sequence[str]:
    from gistsearch.domain.languages import type_list

    return list(type_list())


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise ValueError(f"is longer than {longest:,} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not valid text in this locale's encoding") from None
    return text


def _quoted(value: str) -> str:
    shown = value if len(value) <= 40 else value[:39] + "…"
    return f"'{shown}'"


PATTERN = Checked("PATTERN", read_pattern)
USER = Checked("USER", read_username)
ORGANIZATION = Checked("NAME", read_username)
TIME = Checked("TIME", _read_time)
SECONDS = Checked("SECONDS", _read_seconds)
GLOB = Checked("GLOB", _read_glob)
LANGUAGE = Checked("LANGUAGE", _read_language, _languages)
LINK_FORMAT = Checked("FORMAT", LinkFormat.parse, lambda: NAMES)
BACKEND = Checked("NAME", str, lambda: ("github", "memory"))
