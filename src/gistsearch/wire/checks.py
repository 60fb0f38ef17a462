"""Checks of JSON values: each says what it allows, as JSON Schema, and what is wrong, in words for users."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar, cast

from attrs import evolve, frozen

from gistsearch.wire.encoding import Json, pointer

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


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

    def prefixed(self, key: str | int) -> list[FieldError]:
        """Return the errors with pointers that begin at the object or list that contains the value under `key`."""
        return [evolve(error, pointer=pointer(key) + error.pointer) for error in self.errors]


def invalid(detail: str) -> InvalidRequest:
    """Return the error of a value that is wrong as a whole."""
    return InvalidRequest([FieldError("", detail)])


class Check(Protocol[T_co]):
    """What a value must be like."""

    @abstractmethod
    def check(self, value: object) -> T_co:
        """Return the value in the form in which it is used.

        Raises:
            InvalidRequest: the value is not allowed. Pointers begin at the value.
        """
        raise NotImplementedError

    @abstractmethod
    def schema(self) -> Json:
        """Return the JSON Schema of the values that are allowed."""
        raise NotImplementedError


@frozen
class Flag(Check[bool]):
    """A boolean."""

    def check(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise invalid("must be true or false")
        return value

    def schema(self) -> Json:
        return {"type": "boolean"}


@frozen
class Text(Check[str]):
    """A string of 1 to `max_length` characters."""

    max_length: int
    rule: Callable[[str], object] | None = None
    """Raises `ValueError` for a string that is not allowed."""

    def check(self, value: object) -> str:
        if not isinstance(value, str):
            raise invalid("must be a string")
        if not 1 <= len(value) <= self.max_length:
            raise invalid(f"must have from 1 to {self.max_length:,} characters, not {len(value):,}")
        try:
            value.encode()
            if self.rule:
                self.rule(value)
        except UnicodeEncodeError as error:
            raise invalid("must be valid Unicode text") from error
        except ValueError as error:
            raise invalid(str(error)) from error
        return value

    def schema(self) -> Json:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}


@frozen
class Choice(Check[str]):
    """One of several strings."""

    values: tuple[str, ...]

    def check(self, value: object) -> str:
        if value not in self.values:
            *others, last = (f'"{each}"' for each in self.values)
            raise invalid(f"must be {', '.join(others)} or {last}")
        return cast("str", value)

    def schema(self) -> Json:
        return {"type": "string", "enum": list(self.values)}


@frozen
class WholeNumber(Check[int]):
    """An integer from `low` to `high`. As in JSON Schema, 3.0 is an integer, too."""

    low: int
    high: int

    def check(self, value: object) -> int:
        number = _number(value)
        if number is None or not self.low <= number <= self.high or number != int(number):
            raise invalid(f"must be a whole number from {self.low:,} to {self.high:,}")
        return int(number)

    def schema(self) -> Json:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@frozen
class PositiveNumber(Check[float]):
    """A number above 0, up to `high`."""

    high: float

    def check(self, value: object) -> float:
        number = _number(value)
        if number is None or not 0 < number <= self.high:
            raise invalid(f"must be a number above 0, up to {self.high:g}")
        return float(number)

    def schema(self) -> Json:
        return {"type": "number", "exclusiveMinimum": 0, "maximum": self.high}


@frozen
class Items(Check[tuple[T, ...]], Generic[T]):
    """A list of `min_items` to `max_items` strings."""

    item: Check[T]
    max_items: int
    min_items: int = 0

    def check(self, value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise invalid("must be a list of strings")
        values = cast("list[object]", value)
        if len(values) > self.max_items:
            raise invalid(f"must have at most {self.max_items:,} items, not {len(values):,}")
        if len(values) < self.min_items:
            raise invalid("must not be empty")
        items: list[T] = []
        errors: list[FieldError] = []
        for index, each in enumerate(values):
            try:
                items.append(self.item.check(each))
            except InvalidRequest as error:
                errors += error.prefixed(index)
        if errors:
            raise InvalidRequest(errors)
        return tuple(items)

    def schema(self) -> Json:
        bounds: Json = {"minItems": self.min_items} if self.min_items else {}
        return {"type": "array", "items": self.item.schema(), **bounds, "maxItems": self.max_items}


def _number(value: object) -> int | float | None:
    """Return a finite number as it is, None for anything else. A boolean is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
