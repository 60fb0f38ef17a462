"""Which gists a request for a page of a listing is about."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs


def asks_for(first: int, last: int) -> Callable[[str], bool]:
    """Return a test whether a target asks for any of these positions in a listing (from 1, both included)."""

    def matches(target: str) -> bool:
        asked = parse_qs(target.partition("?")[2])
        size, page = (int(asked.get(name, ["1"])[0]) for name in ("per_page", "page"))
        return (page - 1) * size < last and first <= page * size

    return matches
