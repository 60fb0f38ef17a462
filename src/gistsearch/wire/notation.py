"""How the published form is written: JSON in UTF-8, pointers into it, moments in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime


def encode(value: object) -> bytes:
    """Return JSON in UTF-8. Lone surrogates, which have no UTF-8 form, become U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def pointer(*keys: str | int) -> str:
    """Return the JSON pointer (RFC 6901) to what lies under these keys."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def timestamp(moment: datetime) -> str:
    """Return a moment that has a time zone as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
