"""The `Link` header: where a listing goes on (GitHub REST, "Using pagination in the REST API")."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*[?&]page=)([0-9]{1,9})((?:&.*)?)", re.DOTALL)


def pages_ahead(link_header: str | None) -> Iterator[str]:
    """Yield the addresses of the pages behind this one, as far as its answer tells.

    `next` comes first. Where `last` is numbered alike, the pages up to it are known, too. Lazy, as a header can claim
    any number of pages.
    """
    links = _links(link_header or "")
    if "next" not in links:
        return
    yield links["next"]
    following, last = _NUMBERED.fullmatch(links["next"]), _NUMBERED.fullmatch(links.get("last", ""))
    if following and last and following.group(1, 3) == last.group(1, 3):
        for number in range(int(following[2]) + 1, int(last[2]) + 1):
            yield f"{following[1]}{number}{following[3]}"


def _links(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for link in _LINK.finditer(header):
        rel = _REL.search(link[2])
        for name in (rel[1] or rel[2] or "").lower().split() if rel else ():
            found.setdefault(name, link[1])
    return found
