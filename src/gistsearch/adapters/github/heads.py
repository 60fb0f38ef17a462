"""The head of an answer: its status and fields, read strictly.

After RFC 9112, "HTTP/1.1". The standard library reads heads with its parser for mail, which takes a third of all that a
small file costs and passes over lines that it can't read. But behind them a `Link` may be lost, and with it the rest of
a listing. Here a line that can't be read spoils the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from io import BufferedReader
from typing import Any

from attrs import frozen

MOST_HEAD_BYTES = 1 << 16
"""A longer head is nonsense."""
MOST_INTERIM_ANSWERS = 8
"""So many answers like `103 Early Hints` may come before the real one."""

_STATUS_LINE = re.compile(r"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: [^\r\n\0]*)?\r?\n")
_FIELD_LINES = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)\r?\n")
_ALL_FIELD_LINES = re.compile(rf"(?:{_FIELD_LINES.pattern})*+")
_LENGTH = re.compile(r"[0-9]{1,18}")
_FOLD = re.compile(r"\r?\n[ \t]+")
_EMPTY_LINE = re.compile(rb"\n\r?\n")

_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class BadHead(HTTPException):
    """Indicates that a head is none that HTTP/1.1 allows, or longer than any should be."""


@frozen
class Head:
    """What an answer says before its body."""

    status: int
    fields: Mapping[str, str]
    """By names in lower case; the values of a field that came several times are joined by commas."""
    closes: bool
    """Whether the connection ends with this answer."""
    chunked: bool
    """Whether the body comes in chunks."""
    announced_bytes: int | None
    """The length of the body, or None where the head doesn't tell."""

    @property
    def is_interim(self) -> bool:
        """Whether the real answer is still to come."""
        return self.status < HTTPStatus.OK and self.status != HTTPStatus.SWITCHING_PROTOCOLS

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed or the like."""
        return self.fields.get("content-encoding", "identity").strip().lower() not in ("", "identity")


def read_head(stream: BufferedReader[Any]) -> Head:
    """Read the head of the answer behind all interim ones.

    Args:
        stream: from the first byte of an answer on; afterwards at the first byte of its body.

    Raises:
        RemoteDisconnected: there is not even a first byte.
        BadStatusLine, BadHead: it is none.
        OSError: as the stream does.
    """
    for _ in range(MOST_INTERIM_ANSWERS):
        head = _read_one(stream)
        if not head.is_interim:
            return head
    raise BadHead("interim answers without end")


def whole_head(received: bytes) -> tuple[Head, int] | None:
    """Read a head that may have come by now, and tell where its body begins; None where it has not come to its end.

    An interim answer counts as a head here.

    Raises:
        BadStatusLine, BadHead: it is none.
    """
    end = _EMPTY_LINE.search(received, 0, MOST_HEAD_BYTES)
    if end is None and len(received) >= MOST_HEAD_BYTES:
        raise BadHead("the head has no end")
    return None if end is None else (_parsed(received[: end.start() + 1].decode("latin-1")), end.end())


def _read_one(stream: BufferedReader[Any]) -> Head:
    return _parsed(_read_text(stream))


def _parsed(text: str) -> Head:
    status = _STATUS_LINE.match(text)
    if status is None:
        raise BadStatusLine("the answer is not HTTP/1.1")
    number, fields = int(status[2]), _fields(text[status.end() :])
    chunked = fields.get("transfer-encoding", "").lower() == "chunked"
    return Head(
        status=number,
        fields=fields,
        closes=_closes(fields, minor_version=int(status[1])),
        chunked=chunked,
        announced_bytes=None if chunked else 0 if number in _BODILESS else _length(fields),
    )


def _read_text(stream: BufferedReader[Any]) -> str:
    """Read a head, and the empty line that ends it, which is left out."""
    if end := _EMPTY_LINE.search(stream.peek()):  # It is there as a whole, as mostly.
        return stream.read(end.end())[: end.start() + 1].decode("latin-1")
    lines: list[bytes] = []
    left = MOST_HEAD_BYTES
    while (line := stream.readline(left)) not in (b"\r\n", b"\n"):
        if not line and not lines:
            raise RemoteDisconnected("the connection was closed instead of an answer")
        left -= len(line)
        if not line.endswith(b"\n") or left <= 0:
            raise BadHead("the head has no end")
        lines.append(line)
    return b"".join(lines).decode("latin-1")


def _fields(lines: str) -> dict[str, str]:
    if "\n " in lines or "\n\t" in lines:  # Long out of use, but whoever gets it has to put up with it.
        lines = _FOLD.sub(" ", lines)
    if _ALL_FIELD_LINES.fullmatch(lines) is None:
        raise BadHead("a line of the head is no field")
    fields: dict[str, str] = {}
    for name, value in _FIELD_LINES.findall(lines):
        name, value = name.lower(), value.strip(" \t")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _closes(fields: Mapping[str, str], *, minor_version: int) -> bool:
    options = {option.strip() for option in fields.get("connection", "").lower().split(",")}
    return "close" in options or (minor_version == 0 and "keep-alive" not in options)


def _length(fields: Mapping[str, str]) -> int | None:
    told = fields.get("content-length")
    if told is None:
        return None
    length, *others = {length.strip() for length in told.split(",")}
    if others or _LENGTH.fullmatch(length) is None:
        raise BadHead("the head tells no proper length")
    return int(length)
