"""Logging to standard error, for people or for machines.

A record may have `fields` (`extra={"fields": {...}}`): members of its JSON object, or words after its message.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, cast


def configure_logging(level: str, style: str) -> None:
    """Send the log of this process to standard error.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        style: `console`, or `json`: one object a line.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _JsonLines() if style == "json" else _Console("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("urllib3").setLevel(max(logging.INFO, logging.getLogger().level))  # At debug it tells whole URLs.


class _Console(logging.Formatter):
    """One line for each record. A traceback follows, indented, so that nothing in it looks like a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is logging's
        words = (f"{name}={_word(value)}" for name, value in _fields(record).items())
        record.message = " ".join([_escaped(record.message), *words])
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _indented(stack_info)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, "fields", {})


def _word(value: object) -> str:
    """Write a value so that it cannot be taken for several."""
    values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    text = _escaped(",".join(map(str, values)))
    is_simple = text and not set(text) & set(' "=')
    return text if is_simple else '"' + text.replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    """Escape what could begin a new line, or move a terminal's cursor: some of the text comes from strangers."""
    return text.encode("unicode_escape").decode("ascii")


def _indented(text: str) -> str:
    return "\n".join(f"    {_escaped(line)}" for line in text.splitlines())
