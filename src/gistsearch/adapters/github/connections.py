"""Connections to a few origins: interruptible, reused, and never more than so many."""

from __future__ import annotations

import http.client
import math
import ssl
import threading
from io import BufferedReader
from time import monotonic

from urllib3.response import HTTPResponse
from urllib3.util import wait_for_read

from gistsearch.adapters.github.heads import Head, read_head
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.sockets import (
    SLICE_S,
    AddressInfo,
    InterruptibleSocket,
    Steps,
    addresses,
    awaited,
    connecting,
)
from gistsearch.ports.gists import Deadline

BUFFER_BYTES = 1 << 16
"""So much is received at once: a small file with its head, where the standard library's 8 KiB are often too few."""
RESOLVED_S = 10.0
"""So long a host's addresses are taken to be the same."""


class _Response(http.client.HTTPResponse):
    """An answer whose head we read; its body is left to the standard library and urllib3."""

    head: Head

    def begin(self) -> None:
        self.fp = BufferedReader(self.fp.detach(), BUFFER_BYTES)
        self.head = head = read_head(self.fp)
        self.status = head.status
        self.length = head.announced_bytes
        self.chunked, self.chunk_left = head.chunked, None  # pyright: ignore[reportAttributeAccessIssue]  # unknown to typeshed
        self.will_close = head.closes or (head.announced_bytes is None and not head.chunked)


class Connection:
    """An open connection to an origin; one request goes over it at a time."""

    def __init__(self, origin: Origin, wire: InterruptibleSocket) -> None:
        """
        Args:
            origin: to which it leads.
            wire: connected, and within TLS where that is due; it is taken over.
        """
        self.origin = origin
        self.wire = wire
        self.stays_open = True
        """Whether it can be used again behind the answer that came last."""

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to read: neither its end nor what nobody asked for."""
        return not wait_for_read(self.wire, 0)

    def send_now(self, request: bytes) -> None:
        """Send a request (a GET, without a body) without waiting.

        Raises:
            OSError: it does not go out at once.
        """
        self.wire.settimeout(0.0)
        if self.wire.send(request) < len(request):
            raise BlockingIOError("a connection without requests under way takes no more bytes")

    def exchange(self, request: bytes, deadline: Deadline, patience_s: float) -> tuple[Head, HTTPResponse]:
        """Send a request, and return the answer when its head has come: that head, and what reads the body.

        Args:
            request: all of it, as RFC 9112 has it: a GET, without a body.
            deadline: ends all waiting, for the body, too.
            patience_s: within which the whole head has to come; later on, for how long one read may wait.

        Raises:
            HTTPException, OSError: there is no answer, or none that can be understood.
            DeadlineExceeded: as soon as the deadline is over.
        """
        wire = self.wire
        wire.deadline, wire.patience_s, wire.reads_end_at = deadline, patience_s, monotonic() + patience_s
        wire.settimeout(SLICE_S)
        wire.sendall(request)
        response = _Response(wire, method="GET")
        try:
            response.begin()
        except BaseException:
            response.close()
            raise
        self.stays_open = not response.will_close
        wire.reads_end_at = math.inf
        return response.head, _body(response)

    def end_reads_in(self, seconds: float) -> None:
        """Let all reads be over so soon, until the next request."""
        self.wire.settimeout(min(SLICE_S, seconds))
        self.wire.reads_end_at = monotonic() + seconds

    def close(self) -> None:
        """End it."""
        self.wire.close()


def _body(response: _Response) -> HTTPResponse:
    """Return what reads a body: urllib3 is told how it is framed, and nothing else."""
    head = response.head
    framing = {} if head.announced_bytes is None else {"content-length": str(head.announced_bytes)}
    if head.chunked:
        framing = {"transfer-encoding": "chunked"}
    return HTTPResponse(response, framing, head.status, preload_content=False, decode_content=False)


class Connections:
    """Lends connections."""

    def __init__(self, limit: int, tls: ssl.SSLContext | None, *, connect_timeout_s: float) -> None:
        """
        Args:
            limit: how many there are at most, to all origins together; who wants one more waits.
            tls: from `tls_context`; None where no origin is `https`.
            connect_timeout_s: for TCP and TLS together, at each of a host's addresses.
        """
        self._tls = tls
        self._connect_timeout_s = connect_timeout_s
        self._permits = threading.Semaphore(limit)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []  # the one used last at the end; each lent one has a permit, no idle one has
        self._queue: set[object] = set()  # those who wait for room: they go first
        self._resolved: dict[Origin, tuple[list[AddressInfo], float]] = {}
        self._closed = False

    def reserve_now(self) -> bool:
        """Keep room for one more, if there is any at this moment and nobody waits for it."""
        return not self._queue and self._permits.acquire(blocking=False)

    def release(self) -> None:
        """Give room back that is not needed."""
        self._permits.release()

    def take(self, origin: Origin, deadline: Deadline) -> Connection:
        """Lend a connection, to be given back or discarded.

        Raises:
            DeadlineExceeded: the deadline was over before there was one.
            OSError: it can't be connected.
        """
        self._reserve(deadline)
        try:
            return self._idle_one(origin) or self._new_one(origin, deadline)
        except BaseException:
            self._permits.release()
            raise

    def taking(self, origin: Origin) -> Steps[Connection]:
        """Lend a connection for which room was kept, to be given back or discarded; a new one by the first address.

        Raises:
            OSError: it can't be connected.
        """
        try:
            if connection := self._idle_one(origin):
                return connection
            address, *_ = self._addresses(origin)
            return Connection(origin, (yield from connecting(address, self._tls_of(origin), origin.host)))
        except BaseException:
            self._permits.release()
            raise

    def give_back(self, connection: Connection) -> None:
        """Take back a connection whose answer was read to its end."""
        with self._lock:
            if connection.stays_open and not self._closed:
                self._idle.append(connection)
                self._permits.release()
                return
        self.discard(connection)

    def discard(self, connection: Connection) -> None:
        """Take back a connection that is of no further use."""
        try:
            connection.close()
        finally:
            self._permits.release()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _reserve(self, deadline: Deadline) -> None:
        if self.reserve_now():
            return
        place = object()
        self._queue.add(place)
        try:
            while not self._permits.acquire(timeout=min(SLICE_S, deadline.remaining_s())):
                deadline.check()
        finally:
            self._queue.discard(place)

    def _idle_one(self, origin: Origin) -> Connection | None:
        """Return a connection that waits, if one to that origin is of use; else there is room for a new one."""
        with self._lock:
            place = next((i for i in reversed(range(len(self._idle))) if self._idle[i].origin is origin), -1)
            connection = self._idle.pop(place) if self._idle else None
        if connection is None or (connection.origin is origin and connection.is_silent):
            return connection
        connection.close()
        return None

    def _new_one(self, origin: Origin, deadline: Deadline) -> Connection:
        """Connect to the first address that answers."""
        failure = OSError("the host has no address")
        for address in self._addresses(origin):
            try:
                steps = connecting(address, self._tls_of(origin), origin.host)
                return Connection(origin, awaited(steps, deadline, self._connect_timeout_s))
            except OSError as error:
                failure = error
        self._resolved.pop(origin, None)
        raise failure

    def _tls_of(self, origin: Origin) -> ssl.SSLContext | None:
        return self._tls if origin.scheme == "https" else None

    def _addresses(self, origin: Origin) -> list[AddressInfo]:
        """Resolve a host once for the many connections that are made to it together."""
        known, until = self._resolved.get(origin, ([], 0.0))
        if monotonic() >= until:
            known = addresses(origin.host, origin.port)
            self._resolved[origin] = known, monotonic() + RESOLVED_S
        return known
