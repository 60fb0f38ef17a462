"""Faults of the connection, of headers and of framing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from tests.loopback_github.answers import Headers, head
from tests.loopback_github.connection import Exchange, Fault
from tests.loopback_github.content import part

DRIP_S = 0.05
"""From one byte of a drip to the next."""

_CLOSE = ("Connection", "close")
_CHUNKED = ("Transfer-Encoding", "chunked")


def accepted_then_silent() -> Fault:
    """Read the request, and say nothing."""
    return Exchange.gone


def reset_before_headers() -> Fault:
    """Reset the connection instead of answering."""

    async def fault(exchange: Exchange) -> None:
        exchange.connection.reset()

    return fault


def reset_mid_body() -> Fault:
    """Reset the connection after half of the body."""

    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, exchange.answer.length)
        await exchange.send_pieces(_half(exchange))
        exchange.connection.reset()

    return fault


def short_body() -> Fault:
    """Close the connection after half of the body that `Content-Length` announced."""
    return _closing_after(lambda exchange: [("Content-Length", str(max(exchange.answer.size, 1)))], cut=True)


def no_length(cut: bool = False) -> Fault:
    """Send no `Content-Length`: the end of the connection is the end of the body.

    Args:
        cut: whether it comes after half of it.
    """
    return _closing_after(lambda _: [_CLOSE], cut)


def bad_length(value: str = "abc") -> Fault:
    """Send a `Content-Length` that is no number, and the whole body."""
    return _closing_after(lambda _: [("Content-Length", value)])


def doubled_length() -> Fault:
    """Send two lengths that disagree, and the whole body."""

    def lengths(exchange: Exchange) -> Headers:
        size = exchange.answer.size
        return [("Content-Length", str(size)), ("Content-Length", str(size + 1))]

    return _closing_after(lengths)


def truncated_chunk() -> Fault:
    """Close the connection in the middle of the only chunk."""

    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, [_CHUNKED])
        await exchange.send(b"%x\r\n" % max(exchange.answer.size, 1))
        await exchange.send_pieces(_half(exchange))
        exchange.connection.close()

    return fault


def bad_chunk_size(line: bytes = b"zz") -> Fault:
    """Send half of the body as a chunk, and then a chunk whose size is no number."""

    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, [_CHUNKED])
        if half := exchange.answer.size // 2:
            await exchange.send(b"%x\r\n" % half)
            await exchange.send_pieces(_half(exchange))
            await exchange.send(b"\r\n")
        await exchange.send(line + b"\r\nmore\r\n")
        exchange.connection.close()

    return fault


def header_drip() -> Fault:
    """Send a header that never ends, byte by byte."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while True:
            await exchange.send(b"x")
            await asyncio.sleep(DRIP_S)

    return fault


def body_drip() -> Fault:
    """Send the body byte by byte, and never its last one."""

    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, [("Content-Length", str(max(exchange.answer.size, 1)))])
        for piece in _beginning(exchange, exchange.answer.size - 1):
            for at in range(len(piece)):
                await exchange.send(piece[at : at + 1])
                await asyncio.sleep(DRIP_S)
        await exchange.gone()

    return fault


def huge_header(size: int = 64 << 10) -> Fault:
    """Answer normally but for one header of so many bytes."""
    return _with_headers([("X-Huge", "x" * size)])


def many_headers(count: int = 200) -> Fault:
    """Answer normally but with so many more headers."""
    return _with_headers([(f"X-Header-{number}", str(number)) for number in range(count)])


def early_hints_first() -> Fault:
    """Send a 103 before the normal answer (RFC 8297)."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(head(103, [("Link", "</style.css>; rel=preload; as=style")]) + b"\r\n")
        await exchange.send_answer()

    return fault


def garbage_status(line: bytes = b"\x16\x03\x01 what is this") -> Fault:
    """Send this instead of a status line, and close."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(line + b"\r\n\r\n")
        exchange.connection.close()

    return fault


def _closing_after(framing: Callable[[Exchange], Headers], cut: bool = False) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, framing(exchange))
        await exchange.send_pieces(_half(exchange) if cut else exchange.pieces())
        exchange.connection.close()

    return fault


def _with_headers(headers: Headers) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await _send_head(exchange, [*headers, *exchange.answer.length])
        await exchange.send_pieces(exchange.pieces())

    return fault


async def _send_head(exchange: Exchange, framing: Headers) -> None:
    """Send the normal head, but framed otherwise."""
    await exchange.send(head(exchange.answer.status, [*exchange.answer.headers, *framing]) + b"\r\n")


def _half(exchange: Exchange) -> Iterator[bytes]:
    return _beginning(exchange, exchange.answer.size // 2)


def _beginning(exchange: Exchange, size: int) -> Iterator[bytes]:
    """Yield so many bytes of the normal body."""
    start = exchange.answer.bounds[0] if exchange.answer.bounds else 0
    return part(exchange.answer.content, start, start + max(size, 0))
