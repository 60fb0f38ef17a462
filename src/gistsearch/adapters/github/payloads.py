"""GitHub's JSON of gists and members, record by record (GitHub REST, "List gists for a user", "List public organization
members").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, TypeVar, cast

from attrs import frozen
from cattrs import AttributeValidationNote, ClassValidationError, Converter

from gistsearch.adapters.github.origins import gist_and_blob_id_of, path_segment
from gistsearch.ports.gists import Gist, GistFile, MalformedRecord, Unreadable

T = TypeVar("T")


@frozen
class FilePayload:
    """What a listing says about a file. Its `type` is left out: it is unreliable."""

    filename: str
    raw_url: str
    size: int
    language: str | None = None


@frozen
class GistPayload:
    """What a listing says about a gist. Its `owner` is left out: it may be missing."""

    id: str
    html_url: str
    public: bool
    updated_at: datetime
    files: Mapping[str, object]
    """File records by name. Each is read by itself."""
    description: str | None = None
    truncated: bool | None = None


@frozen
class MemberPayload:
    """What a list says about a member of an organization."""

    login: str


@frozen
class Records(Generic[T]):
    """The records of one page."""

    count: int
    """How many there are, including those that are secret or cannot be read."""
    records: tuple[T, ...]
    unreadable: tuple[Unreadable, ...]


def gist_records(body: bytes, first_position: int) -> Records[Gist]:
    """Read a page of gists. Leave out secret ones, which are there if their owner's token asks for them.

    Args:
        body: the JSON.
        first_position: that of the first record in the listing, from 1.

    Raises:
        ValueError: it is not a page of a listing.
    """
    return _parsed(body, first_position, _public_gist, _gist_name)


def member_records(body: bytes, first_position: int) -> Records[str]:
    """Read a page of members: their user names. Arguments and errors are those of `gist_records`."""
    return _parsed(body, first_position, _member, lambda _, position: f"member {position}")


Record = dict[str, object] | None
"""A record of a page; None if it is not an object."""


def _parsed(
    body: bytes,
    first_position: int,
    read: Callable[[Record, list[Unreadable]], T | None],
    name: Callable[[Record, int], str],
) -> Records[T]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("the listing from GitHub is not JSON") from error
    if not isinstance(values, list):
        raise ValueError("the listing from GitHub is not a list")
    found: list[T] = []
    unreadable: list[Unreadable] = []
    for position, value in enumerate(cast("list[object]", values), first_position):
        record = _object(value)
        try:
            if (item := read(record, unreadable)) is not None:
                found.append(item)
        except MalformedRecord as error:
            unreadable.append(Unreadable(name(record, position), error))
    return Records(len(cast("list[object]", values)), tuple(found), tuple(unreadable))


def _object(value: object) -> Record:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _member(record: Record, _: list[Unreadable]) -> str:
    login = _structured(record, MemberPayload).login
    if path_segment(login) is None:
        raise MalformedRecord("the field 'login' is not a user name")
    return login


def _public_gist(record: Record, unreadable: list[Unreadable]) -> Gist | None:
    return None if record and record.get("public") is False else _gist(record, unreadable)


def _gist(record: Record, unreadable: list[Unreadable]) -> Gist:
    payload = _structured(record, GistPayload)
    if not payload.html_url.startswith(("https://", "http://")):
        raise MalformedRecord("the field 'html_url' is not a web address")
    files: list[GistFile] = []
    for name, value in payload.files.items():
        try:
            files.append(_file(_object(value)))
        except MalformedRecord as error:
            unreadable.append(Unreadable(f"file {_text(name, str)!r} of gist {payload.id}", error))
    truncated = payload.truncated is True
    return Gist(payload.id, payload.html_url, payload.description, payload.updated_at, tuple(files), truncated)


def _file(record: Record) -> GistFile:
    payload = _structured(record, FilePayload)
    if payload.size < 0:
        raise MalformedRecord("the field 'size' is negative")
    _, blob_id = gist_and_blob_id_of(payload.raw_url)
    return GistFile(payload.filename, payload.language, payload.size, payload.raw_url, blob_id)


def _gist_name(record: Record, position: int) -> str:
    """Name a gist for users: by its id only if it is known to be public."""
    gist_id = record.get("id") if record and record.get("public") is True else None
    return f"gist {gist_id}" if isinstance(gist_id, str) and gist_id.isalnum() else f"gist {position}"


def _structured(record: Record, kind: type[T]) -> T:
    if record is None:
        raise MalformedRecord("the record is not an object")
    try:
        return _CONVERTER.structure(record, kind)
    except ClassValidationError as errors:
        error = errors.exceptions[0]
        field = next(note.name for note in error.__notes__ if isinstance(note, AttributeValidationNote))
        value = record.get(field)
        reason = "null" if value is None else f"not {error}"
        raise MalformedRecord(f"the field {field!r} is {reason if field in record else 'missing'}") from errors


def _text(value: object, _: type[str]) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value if value.isascii() else value.encode(errors="replace").decode()  # JSON can contain lone surrogates.


def _whole_number(value: object, _: type[int]) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number")
    return value


def _truth(value: object, _: type[bool]) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _moment(value: object, _: type[datetime]) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a date with a time zone")
    return moment


def _records(value: object, _: type[Mapping[str, object]]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("an object")
    return cast("Mapping[str, object]", value)


_CONVERTER = Converter()
for _kind, _hook in ((str, _text), (int, _whole_number), (bool, _truth), (datetime, _moment)):
    _CONVERTER.register_structure_hook(_kind, _hook)  # cattrs' own would turn any value into text or a number.
_CONVERTER.register_structure_hook_func(lambda kind: kind == Mapping[str, object], _records)
