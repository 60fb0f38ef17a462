"""One connection to the loopback GitHub: requests are read, answered in order, and spoilt where the script says so."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import cached_property
from typing import cast

from tests.loopback_github.answers import Answer
from tests.loopback_github.content import SLICE_BYTES
from tests.loopback_github.request import Recorded, parse
from tests.loopback_github.site import Rule, Site

MOST_HEAD_BYTES = 1 << 18


class Connection(asyncio.Protocol):
    """Reads requests and answers them, one after the other."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._resumed: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)  # So that a write is over when the kernel has it all.
        self._site.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._site.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._busy:
            self._take()

    def pause_writing(self) -> None:
        self._resumed = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)
        self._resumed = None

    async def send(self, data: bytes) -> None:
        """Write, and return when the kernel has taken it all.

        Raises:
            ConnectionResetError: the client is gone.
        """
        if self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)
        if self._resumed is None:
            await asyncio.sleep(0)  # Others want to be served, too.
        else:
            await self._resumed

    def reset(self) -> None:
        """End the connection with a TCP reset, at once."""
        accepted = cast("socket.socket", self._transport.get_extra_info("socket"))
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        """End the connection as soon as everything is sent."""
        self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        self._transport.abort()

    def _take(self) -> None:
        """Begin with the next request, if all of it is here."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > MOST_HEAD_BYTES:
                self._refuse()
            return
        head, self._received = self._received[:end], self._received[end + 4 :]
        try:
            request = parse(self._site.name, head)
        except ValueError:
            self._refuse()
            return
        self._busy = True
        self._site.record(request)
        rule = self._site.rule(request.target)
        if self._site.latency_s:
            self._timer = self._loop.call_later(self._site.latency_s, self._begin, request, rule)
        else:
            self._begin(request, rule)

    def _refuse(self) -> None:
        self._busy = True
        self._transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self._transport.close()

    def _begin(self, request: Recorded, rule: Rule | None) -> None:
        if rule is not None and rule.before is not None:
            rule.before()
        if rule is not None and rule.fault is not None:
            self._start(Exchange(self, self._site, request), rule.fault)
            return
        exchange = Exchange(self, self._site, request)
        content = exchange.answer.content
        if isinstance(content, bytes) and len(content) <= SLICE_BYTES and self._site.pace is None:
            self._transport.write(exchange.head() + exchange.body())
            self._finish(request)
        else:
            self._start(exchange, Exchange.send_answer)

    def _start(self, exchange: Exchange, fault: Fault) -> None:
        self._task = self._loop.create_task(_run(fault, exchange))
        self._task.add_done_callback(lambda task: self._done(task, exchange.request))

    def _done(self, task: asyncio.Task[None], request: Recorded) -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._finish(request)
            return
        self._transport.abort()
        if not isinstance(error, ConnectionError):  # Clients may leave at any time.
            raise error

    def _finish(self, request: Recorded) -> None:
        if self._transport.is_closing():
            return
        if not request.keeps_alive:
            self._transport.close()
            return
        self._busy = False
        if self._received:
            self._take()


class Exchange:
    """A request that waits for its answer: what a fault has in its hands."""

    def __init__(self, connection: Connection, site: Site, request: Recorded) -> None:
        self.connection = connection
        self.request = request
        self._site = site

    @cached_property
    def answer(self) -> Answer:
        """The normal answer."""
        return self._site.answer(self.request)

    def head(self, answer: Answer | None = None) -> bytes:
        """Encode all that precedes the body of an answer (None: the normal one)."""
        close = b"" if self.request.keeps_alive else b"Connection: close\r\n"
        return b"%b%b%b\r\n" % ((answer or self.answer).head, self._site.date(), close)

    def body(self) -> bytes:
        """Return the body of the normal answer, as far as it is to be sent."""
        return b"".join(self.pieces())

    def pieces(self, answer: Answer | None = None) -> Iterator[bytes]:
        """Yield the body of an answer (None: the normal one), as far as it is to be sent."""
        answer = answer or self.answer
        return iter(()) if self.request.method == "HEAD" or answer.status == 304 else answer.body()

    async def send(self, data: bytes) -> None:
        """Write, and return when the kernel has taken it all."""
        await self.connection.send(data)

    async def send_answer(self, answer: Answer | None = None) -> None:
        """Send a whole answer (None: the normal one), at this host's pace.

        Raises:
            ConnectionResetError: the client left meanwhile.
        """
        answer = answer or self.answer
        await self.send(self.head(answer))
        await self.send_pieces(self.pieces(answer))

    async def send_pieces(self, pieces: Iterator[bytes]) -> None:
        """Send what belongs to a body, at this host's pace."""
        if self._site.pace is None:
            for piece in pieces:
                await self.send(piece)
        else:
            await self._send_slowly(pieces, *self._site.pace)

    async def gone(self) -> None:
        """Wait until the client leaves or the server stops: this never returns, it is cancelled."""
        await asyncio.get_running_loop().create_future()

    async def _send_slowly(self, pieces: Iterator[bytes], step: int, pause_s: float) -> None:
        due = time.monotonic()
        for piece in pieces:
            for at in range(0, len(piece), step):
                await self.send(piece[at : at + step])
                if pause_s:
                    due = max(due + pause_s, time.monotonic())
                    await asyncio.sleep(due - time.monotonic())


Fault = Callable[[Exchange], Awaitable[None]]
"""Does something to a client instead of answering. Where it leaves the connection open, the next request is read."""


async def _run(fault: Fault, exchange: Exchange) -> None:
    await fault(exchange)
