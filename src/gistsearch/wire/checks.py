"""Checks of single JSON values, each saying what is wrong in words for users."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar, cast

from attrs import evolve, frozen

from gistsearch.wire.notation import pointer

_T = TypeVar("_T")

Check = Callable[[object], _T]
"""Returns the value in the form it is used in, or raises `InvalidRequest` with pointers that begin at the value."""


@frozen
class FieldError:
    """One thing that is wrong with a request."""

    pointer: str
    """Where: a JSON pointer (RFC 6901)."""
    detail: str


class InvalidRequest(ValueError):
    """Indicates that fields of a request are missing, unknown, of the wrong type or out of range."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        """
        Args:
            errors: everything that is wrong, not only the first.
        """
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in self.errors))

    def below(self, key: str | int) -> list[FieldError]:
        """Return the errors as seen from the object or list that holds the value under `key`."""
        return [evolve(error, pointer=pointer(key) + error.pointer) for error in self.errors]


def wrong(detail: str) -> InvalidRequest:
    """Return the error of a value that is wrong as a whole."""
    return InvalidRequest([FieldError("", detail)])


def flag(value: object) -> bool:
    """Check for a boolean."""
    if not isinstance(value, bool):
        raise wrong("must be true or false")
    return value


def text(max_length: int, rule: Callable[[str], None]) -> Check[str]:
    """Return the check for a string of 1 to `max_length` characters that keeps a rule, which raises `ValueError`."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise wrong("must be a string")
        if not 1 <= len(value) <= max_length:
            raise wrong(f"must have from 1 to {max_length:,} characters, not {len(value):,}")
        try:
            rule(value)
        except ValueError as error:
            raise wrong(str(error)) from error
        return value

    return check


def choice(*values: str) -> Check[str]:
    """Return the check for one of several strings."""
    names = " or ".join(f'"{value}"' for value in values)

    def check(value: object) -> str:
        if value not in values:
            raise wrong(f"must be {names}")
        return cast("str", value)

    return check


def whole_number(low: int, high: int) -> Check[int]:
    """Return the check for an integer in a range, both ends included; as in JSON Schema, 3.0 is one, too."""

    def check(value: object) -> int:
        number = _number(value)
        if number is None or not low <= number <= high or number != int(number):
            raise wrong(f"must be a whole number from {low:,} to {high:,}")
        return int(number)

    return check


def positive_number(high: float) -> Check[float]:
    """Return the check for a number above 0, up to `high`."""

    def check(value: object) -> float:
        number = _number(value)
        if number is None or not 0 < number <= high:
            raise wrong(f"must be a number above 0, up to {high:g}")
        return float(number)

    return check


def sequence(check_item: Check[_T], max_length: int) -> Check[tuple[_T, ...]]:
    """Return the check for a list of at most `max_length` items."""

    def check(value: object) -> tuple[_T, ...]:
        if not isinstance(value, list):
            raise wrong("must be a list of strings")
        given = cast("list[object]", value)
        if len(given) > max_length:
            raise wrong(f"must have at most {max_length:,} items, not {len(given):,}")
        items: list[_T] = []
        errors: list[FieldError] = []
        for index, item in enumerate(given):
            try:
                items.append(check_item(item))
            except InvalidRequest as error:
                errors += error.below(index)
        if errors:
            raise InvalidRequest(errors)
        return tuple(items)

    return check


def _number(value: object) -> int | float | None:
    """Return a finite number as it is, None for anything else; a boolean is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
