"""Faults of answers that are proper HTTP: wrong encodings, wrong content, refusals, redirects."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from attrs import evolve

from tests.loopback_github.answers import Answer, Headers, gzipped
from tests.loopback_github.connection import Exchange, Fault
from tests.loopback_github.content import Streamed

BOMB_BYTES = 64 << 20
"""What the bomb becomes; it is a thousandth of that on the wire."""

_JSON = ("Content-Type", "application/json; charset=utf-8")
_HTML = ("Content-Type", "text/html; charset=utf-8")
_OTHER = bytes(byte ^ 1 for byte in range(256))
_UNICORN = b"""<!DOCTYPE html>
<html><head><title>Unicorn! &middot; GitHub</title></head>
<body><div class="c"><p><strong>This page is taking too long to load.</strong></p>
<p>Sorry about that. Please try refreshing and contact us if the problem persists.</p></div></body></html>
"""
PRIMARY_LIMIT = {
    "message": "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher"
    " rate limit. Check out the documentation for more details.)",
    "documentation_url": "https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting",
}
_SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
}


def corrupt_gzip() -> Fault:
    """Send the body as gzip, asked for or not, with a wrong middle."""

    def corrupt(compressed: bytes) -> bytes:
        third = len(compressed) // 3
        return compressed[:third] + compressed[third:-third].translate(_OTHER) + compressed[-third:]

    return _as_gzip(corrupt)


def cut_gzip() -> Fault:
    """Send half of the body's gzip, asked for or not, as if that were all."""
    return _as_gzip(lambda compressed: compressed[: len(compressed) // 2])


def gzip_bomb() -> Fault:
    """Send `BOMB_BYTES` of zeros as gzip, asked for or not."""
    bomb = _bomb()
    return _as_gzip(lambda _: bomb)


def unknown_encoding(name: str = "x-unheard-of") -> Fault:
    """Answer normally, but claim an encoding that nobody knows."""
    return _changed(lambda answer: evolve(answer, headers=[*answer.headers, ("Content-Encoding", name)]))


def malformed_json() -> Fault:
    """Send what only begins like JSON."""
    return _saying(200, [_JSON], b'[{"id": "1", "files": {')


def other_shape_json(value: object = None) -> Fault:
    """Send JSON that is no listing: an object (None), or this value."""
    return _saying(200, [_JSON], json.dumps({"gists": 3} if value is None else value).encode())


def changed_listing(change: Callable[[list[dict[str, Any]]], object]) -> Fault:
    """Answer normally but for the records: `change` may alter the list in place, or return another value to send."""

    def changed(answer: Answer) -> Answer:
        assert isinstance(answer.content, bytes)
        records = json.loads(answer.content)
        other = change(records)
        return evolve(answer, content=json.dumps(records if other is None else other).encode())

    return _changed(changed)


def deep_json(depth: int = 100_000) -> Fault:
    """Send arrays in arrays, so many."""
    return _saying(200, [_JSON], b"[" * depth + b"]" * depth)


def wrong_content_type(value: str = "text/html; charset=utf-8") -> Fault:
    """Answer normally but for the content type."""

    def change(answer: Answer) -> Answer:
        kept = [(name, text) for name, text in answer.headers if name != "Content-Type"]
        return evolve(answer, headers=[*kept, ("Content-Type", value)])

    return _changed(change)


def wrong_bytes() -> Fault:
    """Answer with as many other bytes."""

    def change(answer: Answer) -> Answer:
        content = answer.content
        if isinstance(content, bytes):
            return evolve(answer, content=content.translate(_OTHER))
        return evolve(answer, content=Streamed(content.size, lambda: _others(content)))

    return _changed(change)


def server_error(status: int = 502, html: bool = False, content_type: str | None = None) -> Fault:
    """Fail as GitHub does: with JSON, or with the Unicorn page.

    Args:
        status: 500 or more.
        html: whether it is the page.
        content_type: what it is said to be, if not what it is.
    """
    kind = ("Content-Type", content_type) if content_type else _HTML if html else _JSON
    return _saying(status, [kind], _UNICORN if html else b'{"message": "Server Error"}')


def rate_limited(
    status: int = 403,
    *,
    retry_after: object = None,
    reset: object = None,
    remaining: object = None,
    secondary: bool = False,
) -> Fault:
    """Refuse because of a rate limit, in words on the API, with a bare text on the raw host.

    Args:
        status: 403 or 429.
        retry_after, reset, remaining: the headers, sense or nonsense; None: not sent.
        secondary: whether it is the limit on bursts.
    """
    told = {"Retry-After": retry_after, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    headers = [(name, str(value)) for name, value in told.items() if value is not None]
    body = json.dumps(_SECONDARY if secondary else PRIMARY_LIMIT).encode()

    async def fault(exchange: Exchange) -> None:
        if exchange.request.listener == "raw":
            phrase = f"{status}: {HTTPStatus(status).phrase}".encode()
            await exchange.send_answer(Answer(status, [*headers, ("Content-Type", "text/plain")], phrase))
        else:
            await exchange.send_answer(Answer(status, [*headers, _JSON], body))

    return fault


def redirect(location: str | Callable[[str], str], status: int = 302) -> Fault:
    """Send elsewhere.

    Args:
        location: where to, or a function that makes it of the target.
        status: 301, 302, 303, 307 or 308.
    """

    async def fault(exchange: Exchange) -> None:
        to = location if isinstance(location, str) else location(exchange.request.target)
        await exchange.send_answer(Answer(status, [("Location", to), _HTML], b"elsewhere"))

    return fault


def redirect_loop(status: int = 302) -> Fault:
    """Send back to where the client is; for a loop, with `times=None`."""
    return redirect(lambda target: target, status)


def login_page() -> Fault:
    """Send to a login page of another host, as GitHub Enterprise Server in private mode does."""
    return redirect(lambda target: f"https://ghe.example/login?return_to={quote(target, safe='')}")


def link_header(value: str | None = None) -> Fault:
    """Answer normally but for the `Link` header.

    Args:
        value: the header; None: the page is its own next one.
    """

    async def fault(exchange: Exchange) -> None:
        host = exchange.request.fields.get("host", "")
        link = f'<http://{host}{exchange.request.target}>; rel="next"' if value is None else value
        kept = [(name, text) for name, text in exchange.answer.headers if name != "Link"]
        await exchange.send_answer(evolve(exchange.answer, headers=[*kept, ("Link", link)]))

    return fault


def status(code: int, told: object = None) -> Fault:
    """Answer with a status and JSON (None: its phrase as the message)."""
    told = {"message": HTTPStatus(code).phrase, "status": str(code)} if told is None else told
    return _saying(code, [_JSON], json.dumps(told).encode())


def blocked(code: int = 403, reason: str = "dmca") -> Fault:
    """Refuse a gist that was taken down, with 403 or 451."""
    block = {"reason": reason, "created_at": "2020-01-01T00:00:00Z", "html_url": "https://github.com/github/dmca"}
    return status(code, {"message": "Repository access blocked", "block": block})


def _saying(code: int, headers: Headers, body: bytes) -> Fault:
    return _changed(lambda _: Answer(code, headers, body))


def _changed(change: Callable[[Answer], Answer]) -> Fault:
    """Send the normal answer after a change."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send_answer(change(exchange.answer))

    return fault


def _as_gzip(spoil: Callable[[bytes], bytes]) -> Fault:
    async def fault(exchange: Exchange) -> None:
        body = exchange.body()
        plain = Answer(exchange.answer.status, exchange.answer.headers, body)
        await exchange.send_answer(gzipped(plain, spoil(gzip.compress(body, 1, mtime=0))))

    return fault


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    return b"".join([packer.compress(zeros) for _ in range(BOMB_BYTES >> 20)]) + packer.flush()


def _others(content: Streamed) -> Iterator[bytes]:
    return (chunk.translate(_OTHER) for chunk in content.chunks())
