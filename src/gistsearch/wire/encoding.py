"""How the published form is written: JSON in UTF-8, pointers into it, points in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

Json = dict[str, object]
"""A JSON object."""


def encode(value: object) -> bytes:
    """Return JSON in UTF-8. Lone surrogates, which have no UTF-8 form, become U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def pointer(*keys: str | int) -> str:
    """Return the JSON pointer (RFC 6901) to the value under these keys."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def timestamp(moment: datetime) -> str:
    """Return a point in time as ISO 8601 in UTC. `moment` needs a time zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
