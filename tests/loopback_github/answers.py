"""What is sent back for a request, and the rules of HTTP that both hosts share: validators, ranges, encodings."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cached_property
from http import HTTPStatus

from attrs import evolve, frozen

from tests.loopback_github.content import Streamed, part

Headers = list[tuple[str, str]]

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


@frozen(eq=False)
class Answer:
    """An answer before it is sent. `Date` and `Content-Length` are added on the way."""

    status: int
    headers: Headers
    content: bytes | Streamed = b""
    bounds: tuple[int, int] | None = None
    """Which part of the content is sent, half-open; None: all of it."""
    reason: str | None = None

    @property
    def size(self) -> int:
        """The length of the body in bytes."""
        if self.bounds is not None:
            return self.bounds[1] - self.bounds[0]
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @cached_property
    def head(self) -> bytes:
        """The status line and the headers, with neither `Date` nor the empty line."""
        return head(self.status, [*self.headers, *self.length], self.reason)

    @property
    def length(self) -> Headers:
        return [] if self.status in (204, 304) else [("Content-Length", str(self.size))]

    def body(self) -> Iterator[bytes]:
        """Yield the body in pieces that can be written at once."""
        start, end = self.bounds or (0, self.size)
        return part(self.content, start, end)


def head(status: int, headers: Headers, reason: str | None = None) -> bytes:
    """Encode a status line and headers, each with its line end, but not the empty line that ends them."""
    phrase = HTTPStatus(status).phrase if reason is None else reason
    return f"HTTP/1.1 {status} {phrase}\r\n".encode() + fields(headers)


def fields(headers: Headers) -> bytes:
    """Encode header fields."""
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers)


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a client asks for gzip."""
    return _GZIP.search(accept_encoding.lower()) is not None


def gzipped(answer: Answer, compressed: bytes | None = None) -> Answer:
    """Return the answer as gzip.

    Args:
        answer: of bytes.
        compressed: its content, where that is known already.
    """
    assert isinstance(answer.content, bytes)
    headers = [(name, f"W/{value}" if name == "ETag" and value[0] == '"' else value) for name, value in answer.headers]
    content = gzip.compress(answer.content, 1, mtime=0) if compressed is None else compressed
    return evolve(answer, headers=[*headers, ("Content-Encoding", "gzip")], content=content)


def not_modified(answer: Answer, if_none_match: str) -> Answer:
    """Return 304 where the client has this answer already, else the answer itself."""
    etag = next((value for name, value in answer.headers if name == "ETag"), "")
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if etag.removeprefix("W/") not in known and if_none_match.strip() != "*":
        return answer
    kept = [(name, value) for name, value in answer.headers if not name.startswith("Content-")]
    return Answer(304, kept)


def ranged(answer: Answer, wanted: str) -> Answer:
    """Return the part that a `Range` header asks for; the whole answer where it asks for several or for nonsense."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or wanted.strip() == "bytes=-":
        return answer
    size = answer.size
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        return Answer(416, [("Content-Range", f"bytes */{size}"), ("Content-Type", "text/plain; charset=utf-8")])
    headers = [*answer.headers, ("Content-Range", f"bytes {start}-{end - 1}/{size}")]
    return evolve(answer, status=206, headers=headers, bounds=(start, end))
