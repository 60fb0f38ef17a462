"""Calls the WSGI application from granian's event loop (RSGI), so that no thread waits for a client.

The event loop reads request bodies, which have to arrive in time, sends answers as fast as clients take them, and
notices when a client leaves. A thread is needed only while the application works. Granian's own WSGI interface offers
none of this: it reads a body in the thread of the request, and cannot be interrupted.

Interface: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from attrs import define, field
from werkzeug.exceptions import RequestTimeout

from gistsearch.adapters.web.departures import CLIENT_LEFT
from gistsearch.adapters.web.request_parsing import MAX_BODY_BYTES

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

BODY_TIMEOUT_S = 10.0
"""Seconds that a request body may take to arrive."""

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_PROBES = frozenset({"/ping", "/livez", "/healthz"})
"""Paths that are answered in the event loop: the application has nothing to wait for there, and under load a request
for them must not wait until a thread is free."""


class Scope(Protocol):
    """What RSGI tells of a request."""

    client: str
    server: str
    scheme: str
    method: str
    path: str
    query_string: str
    http_version: str
    headers: Mapping[str, str]


class StreamTransport(Protocol):
    """Takes the parts of a streamed answer."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a part; return when there is room for another one."""
        raise NotImplementedError


class HTTPProtocol(Protocol):
    """What RSGI offers to answer a request."""

    def __aiter__(self) -> Any:
        """Iterate over the parts of the body as they arrive."""
        raise NotImplementedError

    async def client_disconnect(self) -> None:
        """Return when the client has left."""
        raise NotImplementedError

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send an answer."""
        raise NotImplementedError

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> StreamTransport:
        """Begin a streamed answer."""
        raise NotImplementedError


class LateBody(io.RawIOBase):
    """Stands for a body that did not arrive in time."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise RequestTimeout


@define(eq=False)
class Answer:
    """What the application answers."""

    status: int = 500
    headers: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    parts: Iterable[bytes] = ()

    def start_response(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        """Take status and headers, as PEP 3333 defines it."""
        self.status = int(status.split(" ", 1)[0])
        self.headers = headers
        return _refuse_to_write

    @property
    def is_whole(self) -> bool:
        """Whether the length is known, so that the body need not be streamed."""
        return any(name.lower() == "content-length" for name, _ in self.headers)

    def close(self) -> None:
        """Let the application free what the answer holds."""
        close = getattr(self.parts, "close", None)
        if close:
            close()


@define(eq=False)
class Gateway:
    """The RSGI application."""

    app: WSGIApplication
    threads: ThreadPoolExecutor
    loop: asyncio.AbstractEventLoop | None = None
    """The event loop, once it is about to serve."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if scope.path in _PROBES:
            answer = _call(self.app, {**_environment(scope), "wsgi.input": io.BytesIO()})
            protocol.response_bytes(answer.status, answer.headers, _read(answer))
        else:
            await self._answer(scope, protocol)

    async def _answer(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request in threads, where the application may wait."""
        client_left = Event()
        body = io.BytesIO() if scope.method in _WITHOUT_BODY else await _body(protocol)
        environment = {**_environment(scope), "wsgi.input": body, CLIENT_LEFT: client_left}
        departure = asyncio.ensure_future(_notice_departure(protocol, client_left))
        try:
            answer = await self._in_thread(_call, self.app, environment)
            if answer.is_whole:
                content = await self._in_thread(_read, answer)
                protocol.response_bytes(answer.status, answer.headers, content)
            else:
                await self._stream(answer, protocol, departure)
        finally:
            departure.cancel()

    async def _stream(self, answer: Answer, protocol: HTTPProtocol, departure: asyncio.Future[None]) -> None:
        """Send each part as soon as the application has it, and take the next one when the client has taken it."""
        try:
            transport = protocol.response_stream(answer.status, answer.headers)
            parts = iter(answer.parts)
            while not departure.done() and (part := await self._in_thread(next, parts, None)) is not None:
                sending = asyncio.ensure_future(transport.send_bytes(part))
                await asyncio.wait({sending, departure}, return_when=asyncio.FIRST_COMPLETED)
                if not sending.done():
                    sending.cancel()
                elif sending.exception():  # The client has left.
                    break
        finally:
            await self._in_thread(answer.close)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, call, *arguments)


async def _body(protocol: HTTPProtocol) -> io.IOBase:
    """Read a body, but no more of it than the application takes."""
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for part in protocol:
                content += part
                if len(content) > MAX_BODY_BYTES:
                    break
    except TimeoutError:
        return LateBody()
    return io.BytesIO(content)


async def _notice_departure(protocol: HTTPProtocol, client_left: Event) -> None:
    await protocol.client_disconnect()
    client_left.set()


def _environment(scope: Scope) -> dict[str, Any]:
    """Return what PEP 3333 wants to know of a request."""
    server, client = urlsplit(f"//{scope.server}"), urlsplit(f"//{scope.client}")
    environment: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.hostname or "",
        "SERVER_PORT": str(server.port or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.hostname or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environment[key] = f"{environment[key]},{value}" if key in environment else value
    return environment


def _call(app: WSGIApplication, environment: dict[str, Any]) -> Answer:
    answer = Answer()
    answer.parts = app(environment, answer.start_response)
    return answer


def _read(answer: Answer) -> bytes:
    try:
        return b"".join(answer.parts)
    finally:
        answer.close()


def _refuse_to_write(_: bytes) -> None:
    raise NotImplementedError("an application returns its body")
