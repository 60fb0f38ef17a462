"""Reads a user's name from what people paste: `octo`, `@octo`, the address of a profile or of a gist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from gistsearch.ports.gists import user_key

_PROFILES = ("github.com", "www.github.com")
_GISTS = ("gist.github.com", "gist.githubusercontent.com")
_ADDRESS = re.compile(r"(?:https?://|(?:www\.|gist\.)?github\.com/)", re.IGNORECASE)
_GIST_ID = re.compile(r"[0-9]+|[0-9a-f]{20}|[0-9a-f]{32}")


def parse_username(text: str) -> str:
    """Return the name of the user that a word of the command line names.

    Raises:
        ValueError: it names none; the message says why.
    """
    if _ADDRESS.match(text):
        return _user_of_address(text if "://" in text else f"https://{text}")
    name = text.removeprefix("@")
    if not name:
        raise ValueError("is not a user name")
    if "/" in name or any(character.isspace() for character in name):
        raise ValueError("is not a user name; give PATTERN first, then the names of GitHub users")
    return name


def each_once(names: Iterable[str]) -> tuple[str, ...]:
    """Return each user's name in its first spelling: GitHub's names do not know case."""
    spellings: dict[str, str] = {}
    for name in names:
        spellings.setdefault(user_key(name), name)
    return tuple(spellings.values())


def _user_of_address(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket without its partner
        raise ValueError("is not an address") from None
    names = [unquote(name) for name in parts.path.split("/") if name]
    host = (parts.hostname or "").lower()
    if host not in _PROFILES + _GISTS:
        raise ValueError("is not an address on github.com or gist.github.com; give the name of the user")
    if not names or (host in _PROFILES and len(names) > 1):
        raise ValueError("is not the address of a profile or of a gist; give the name of the user")
    if host in _GISTS and len(names) == 1 and _GIST_ID.fullmatch(names[0]):
        raise ValueError("names a gist but not its user; give the name of the user")
    return names[0]
