"""What is read from JSON bodies without a schema."""

from __future__ import annotations

import json
from typing import Any, cast


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body, empty if it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def inline_content(body: bytes, filename: str) -> bytes | None:
    """Return a file's content from the JSON of a gist, or None if the content is not there as a whole."""
    files = json_object(body).get("files")
    file = cast("dict[str, Any]", files).get(filename) if isinstance(files, dict) else None
    fields = cast("dict[str, object]", file) if isinstance(file, dict) else {}
    content = fields.get("content")
    return content.encode(errors="replace") if isinstance(content, str) and fields.get("truncated") is False else None
