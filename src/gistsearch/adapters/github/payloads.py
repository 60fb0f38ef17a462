"""GitHub's JSON of a listing → gists (GitHub REST, "List gists for a user")."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from attrs import frozen
from cattrs import Converter

from gistsearch.adapters.github.origins import blob_id_of
from gistsearch.ports.gists import Gist, GistFile


@frozen
class FilePayload:
    """What a listing says of a file. Its `type` is left out: it is unreliable."""

    filename: str
    raw_url: str
    size: int
    language: str | None = None

    def to_file(self) -> GistFile:
        if self.size < 0:
            raise ValueError("a file has a negative size")
        return GistFile(self.filename, self.language, self.size, self.raw_url, blob_id_of(self.raw_url))


@frozen
class GistPayload:
    """What a listing says of a gist. Its `owner` is left out: it may be missing."""

    id: str
    html_url: str
    public: bool
    updated_at: datetime
    files: dict[str, FilePayload]
    description: str | None = None
    truncated: bool | None = None

    def to_gist(self) -> Gist:
        if not self.html_url.startswith(("https://", "http://")):
            raise ValueError("a gist's page has no web address")
        files = tuple([payload.to_file() for payload in self.files.values()])
        return Gist(self.id, self.html_url, self.description, self.updated_at, files, self.truncated is True)


def public_gists(body: bytes) -> list[Gist]:
    """Read a page of a listing, without the secret gists that one asked for with its owner's token holds.

    Raises:
        ValueError: it is no such page.
    """
    try:
        page = json.loads(body)
        if not isinstance(page, list):
            raise TypeError("a listing is a list")
        return [payload.to_gist() for payload in _CONVERTER.structure(page, list[GistPayload]) if payload.public]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is not a page of a listing of gists") from error


def _text(value: object, _: type[str]) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value if value.isascii() else value.encode(errors="replace").decode()  # JSON can hold lone surrogates.


def _whole_number(value: object, _: type[int]) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number was expected")
    return value


def _truth(value: object, _: type[bool]) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false was expected")
    return value


def _moment(value: Any, _: type[datetime]) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time zone was expected")
    return moment


def _converter() -> Converter:
    converter = Converter(detailed_validation=False)  # The details go nowhere, and cost half of the time.
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole_number)
    converter.register_structure_hook(bool, _truth)
    converter.register_structure_hook(datetime, _moment)
    return converter


_CONVERTER = _converter()  # Its own hooks would turn any value into text, or any text into a number.
