"""The `Link` header: how far a listing goes (GitHub REST, "Using pagination in the REST API")."""

from __future__ import annotations

import re

from attrs import frozen

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_PAGE = re.compile(r"[?&]page=([0-9]{1,9})(?:&|$)")


@frozen
class PageLinks:
    """The pages that an answer links to, by their numbers from 1.

    Nothing else of the addresses is used: they may name the host behind a reverse proxy, or lead anywhere.
    """

    next: int | None
    """None on the last page."""
    last: int | None

    @classmethod
    def parse(cls, header: str | None) -> PageLinks:
        """Read a `Link` header (RFC 8288). An address without a number stands for page 1, as GitHub reads it."""
        numbers: dict[str, int] = {}
        for link in _LINK.finditer(header or ""):
            if rel := _REL.search(link[2]):
                page = _PAGE.search(link[1])
                for name in (rel[1] or rel[2] or "").lower().split():
                    numbers.setdefault(name, int(page[1]) if page else 1)
        return cls(numbers.get("next"), numbers.get("last"))
