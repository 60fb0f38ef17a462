"""A proxy: tunnels by CONNECT, and forwards requests for plain http (RFC 9110, 9.3.6; RFC 9112, 3.2.2)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from tests.loopback_github.request import Recorded, parse


class LoopbackProxy:
    """Serves within a `with` block, with threads of its own for each connection."""

    def __init__(self, refusal: str | None = None) -> None:
        """
        Args:
            refusal: the status and reason that every request gets, such as `407 Proxy Authentication Required`.
        """
        self.requests: list[Recorded] = []
        """Those made to the proxy itself. What goes through a tunnel is not among them."""
        self.received = b""
        """Everything that clients sent, in tunnels as well."""
        self._refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> LoopbackProxy:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in (self._listener, *self._sockets):
            sock.close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _run(self, work: Callable[[], None]) -> None:
        def quietly() -> None:
            with suppress(OSError):  # Either side may leave at any time.
                work()

        self._threads.append(threading.Thread(target=quietly))
        self._threads[-1].start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            self._sockets.append(client)
            self._run(lambda client=client: self._serve(client))

    def _serve(self, client: socket.socket) -> None:
        """Answer the first request of a connection, and end it; a tunnel ends with its two sides."""
        head = next(self._heads(client), None)
        if head is None:
            return
        request = parse("proxy", head)
        self.requests.append(request)
        if self._refusal is not None:
            client.sendall(f"HTTP/1.1 {self._refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            client.shutdown(socket.SHUT_RDWR)
        elif request.method == "CONNECT":
            self._tunnel(client, self._connected(f"//{request.target}"))
        else:
            origin = "/".join(request.target.split("/")[:3])
            upstream = self._connected(origin)
            upstream.sendall(head.replace(origin.encode(), b"", 1) + b"\r\nConnection: close\r\n\r\n")
            _copy(_received(upstream), client)

    def _tunnel(self, client: socket.socket, upstream: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._run(lambda: _copy(_received(upstream), client))
        _copy(self._noted(client), upstream)

    def _connected(self, url: str) -> socket.socket:
        parts = urlsplit(url)
        upstream = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._sockets.append(upstream)
        return upstream

    def _heads(self, client: socket.socket) -> Iterator[bytes]:
        received = b""
        for data in self._noted(client):
            received += data
            while b"\r\n\r\n" in received:
                head, _, received = received.partition(b"\r\n\r\n")
                yield head

    def _noted(self, client: socket.socket) -> Iterator[bytes]:
        for data in _received(client):
            self.received += data
            yield data


def _received(sock: socket.socket) -> Iterator[bytes]:
    while data := sock.recv(1 << 16):
        yield data


def _copy(data: Iterator[bytes], sink: socket.socket) -> None:
    """Send everything on, then say that there is no more."""
    try:
        for piece in data:
            sink.sendall(piece)
    finally:
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
