"""urllib3 with requests that end with a deadline, heads that are read strictly, and a proxy where one is set."""

from __future__ import annotations

import http.client
import io
import logging
import math
import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any

from attrs import frozen
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout, make_headers
from urllib3.util.response import assert_header_parsing

from gistsearch.adapters.github.authorities import Authorities
from gistsearch.adapters.github.connecting import AddressBook
from gistsearch.adapters.github.failures import WIRE_ERRORS, explained
from gistsearch.adapters.github.observers import HostObserver
from gistsearch.adapters.github.origins import Address, Origin
from gistsearch.adapters.github.proxies import Proxies
from gistsearch.adapters.github.retries import RetryableError
from gistsearch.ports.deadline import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1 << 16
"""How much is received at once: a small file with its head. The standard library's 8 KiB are often too few."""
TRAILER_S = 0.1
"""How long the end of a body may take after its last byte."""

_log = logging.getLogger(__name__)


class Exchange:
    """A request and its answer. When the deadline passes, the connection is shut down, whatever it is waiting for."""

    response: BaseHTTPResponse

    def __init__(self, origin: Origin, addresses: AddressBook, deadline: Deadline, observer: HostObserver) -> None:
        self.origin = origin
        self.addresses = addresses
        self.observer = observer
        self.deadline = deadline
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._handle: socket.socket | None = None
        self._withdraw = deadline.on_over(self._shut_down)

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed or the like, although that was not asked for."""
        return self.response.headers.get("content-encoding", "").strip().lower() not in ("", "identity")

    def use(self, sock: socket.socket) -> None:
        """Take note of the connection's socket, which is another one after the TLS handshake."""
        with self._lock:
            self._close_handle()
            self._socket = sock
            # A descriptor of its own, as the socket's may be closed at any time. The family doesn't matter.
            self._handle = socket.fromfd(sock.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        if not self.deadline.remaining_s():
            self._shut_down()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes of the body as they were sent; fewer only at its end, even an early one.

        Raises:
            RetryableError: the connection broke, or nothing came for too long.
            DeadlineExceeded: the deadline has passed.
        """
        try:
            data = self.response.read(size, decode_content=False)
        except WIRE_ERRORS as error:
            self.deadline.check()
            if isinstance(error.__cause__, http.client.IncompleteRead):
                return b""
            raise explained(error, self.origin, None) from error
        self.observer.received(len(data))
        self.deadline.check()  # A body without a length seems to end when its connection is shut down.
        return data

    def read_error(self, size: int) -> bytes:
        """Return as much of an error's body as there is, even if the connection breaks."""
        with suppress(RetryableError):
            return self.read(size)
        return b""

    def limit_drain(self) -> bytes:
        """Return what still comes after the last byte that was expected, if it comes at once."""
        if self.response.closed or self._socket is None:
            return b""
        self._socket.settimeout(TRAILER_S)
        return self.read_error(1)

    def close(self) -> None:
        """Free the connection: for other requests if the body was read to its end."""
        self._withdraw()
        with self._lock:
            self._close_handle()
        if hasattr(self, "response"):
            self.response.close()

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shut_down(self) -> None:
        with self._lock, suppress(OSError):
            if self._handle is not None:
                self._handle.shutdown(socket.SHUT_RDWR)

    def _close_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


_EXCHANGE: ContextVar[Exchange] = ContextVar("_EXCHANGE")
"""That of this thread: urllib3 has no way to hand it to a connection."""


class _TimedReads(io.RawIOBase):
    """Reads that are over at some time, however often something comes."""

    def __init__(self, raw: io.RawIOBase, timeout_s: float | None) -> None:
        self._raw = raw
        self.ends_at = math.inf if timeout_s is None else monotonic() + timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        if monotonic() >= self.ends_at:
            raise TimeoutError("the head did not come in time")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _StrictResponse(http.client.HTTPResponse):
    """An answer whose head has to come within the read timeout, as a whole, and well-formed.

    The standard library only stops at the first malformed line and drops the rest (urllib3#1110); with a `Link` header,
    the rest of a listing would be lost without a word.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        _EXCHANGE.get().use(sock)
        self._reads = _TimedReads(self.fp.detach(), sock.gettimeout())
        self.fp = io.BufferedReader(self._reads, BUFFER_BYTES)

    def begin(self) -> None:
        super().begin()
        while 101 < self.status < 200:  # Any number of these may come first (RFC 9110, 15.2).
            self.headers = self.msg = None  # pyright: ignore[reportAttributeAccessIssue]  # as in a new one
            super().begin()
        assert_header_parsing(self.headers)
        length = self.headers.get("content-length")
        if length is not None and not (length.isascii() and length.strip().isdecimal()):  # RFC 9112, 6.3
            raise http.client.HTTPException("the length of the body is not a number")
        self._reads.ends_at = math.inf


class _Connection(HTTPConnection):
    response_class = _StrictResponse
    _observer: HostObserver | None = None
    """Of the connection, while it is open."""

    def _new_conn(self) -> socket.socket:
        exchange = _EXCHANGE.get()
        sock = exchange.addresses.connect(self._dns_host, self.port, self.timeout or math.inf, exchange.deadline)
        sock.settimeout(self.timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        exchange.use(sock)
        self._observer = exchange.observer
        self._observer.connected()
        return sock

    def close(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.disconnected()
        super().close()


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls: Any = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls: Any = _SecureConnection


_POOLS: dict[str, Any] = {"http": _Pool, "https": _SecurePool}


@frozen
class Network:
    """How hosts are reached."""

    tls: Authorities
    proxies: Proxies
    connect_timeout_s: float
    """For looking up the name and TCP together, and again for each of proxy and TLS."""
    read_timeout_s: float
    """For the head of an answer, and for each read of its body."""


class Connections:
    """Sends requests, each once, over connections that are kept for later ones."""

    def __init__(self, origins: Iterable[Origin], network: Network, kept: int, observer: HostObserver) -> None:
        """
        Args:
            origins: where requests may go.
            network: how they get there.
            kept: how many idle connections to an origin are kept, at most.
            observer: of the traffic.
        """
        self._network = network
        self._observer = observer
        self._addresses = AddressBook()
        self._kept = kept
        self._lock = threading.Lock()  # guards the pools
        self._pools: dict[Origin, HTTPConnectionPool | None] = dict.fromkeys(origins)

    def send(self, address: Address, headers: Mapping[str, str], deadline: Deadline) -> Exchange:
        """Send a GET request, and return the exchange when the head of the answer has come. Close it in any case.

        Raises:
            RetryableError: there is no answer, or not a proper one.
            HostUnreachable: the same, and another try is useless.
            DeadlineExceeded: the deadline has passed.
        """
        deadline.check()
        network, left_s = self._network, max(deadline.remaining_s(), 0.001)
        timeout = Timeout(connect=min(network.connect_timeout_s, left_s), read=min(network.read_timeout_s, left_s))
        exchange = Exchange(address.origin, self._addresses, deadline, self._observer)
        token = _EXCHANGE.set(exchange)
        pool = self._pool(address.origin)
        target = str(address) if pool.proxy and address.origin.scheme == "http" else address.target
        options: dict[str, Any] = {"retries": False, "assert_same_host": False, "preload_content": False}
        try:
            exchange.response = pool.urlopen("GET", target, headers=headers, redirect=False, timeout=timeout, **options)
        except BaseException as error:
            exchange.close()
            deadline.check()
            if not isinstance(error, WIRE_ERRORS):
                raise
            raise explained(error, address.origin, network.proxies.leading_to(address.origin)) from error
        finally:
            _EXCHANGE.reset(token)
        return exchange

    def close(self) -> None:
        """Close all connections: the idle ones now, the others when their answers have been read."""
        for pool in self._pools.values():
            if pool is not None:
                pool.close()

    def _pool(self, origin: Origin) -> HTTPConnectionPool:
        with self._lock:
            pool = self._pools[origin]
            if pool is None:
                pool = self._pools[origin] = _new_pool(origin, self._network, self._kept)
            return pool


def _new_pool(origin: Origin, network: Network, kept: int) -> HTTPConnectionPool:
    options: dict[str, Any] = {"maxsize": kept}
    if origin.scheme == "https":
        options["ssl_context"] = network.tls.context()
    if proxy := network.proxies.leading_to(origin):
        _log.info("%s is asked through the proxy %s", origin, proxy.url)
        credentials = make_headers(proxy_basic_auth=proxy.credentials) if proxy.credentials else None
        manager = ProxyManager(proxy.url, proxy_headers=credentials, proxy_ssl_context=network.tls.context(), **options)
    else:
        manager = PoolManager(**options)
    manager.pool_classes_by_scheme = _POOLS
    return manager.connection_from_host(origin.host, origin.port, origin.scheme)
