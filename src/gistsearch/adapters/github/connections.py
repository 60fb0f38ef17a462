"""Connections to a few origins: interruptible, reused, and never more than so many."""

from __future__ import annotations

import http.client
import math
import ssl
import threading
from collections.abc import Mapping
from io import BufferedReader
from time import monotonic

from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse

from gistsearch.adapters.github.heads import Head, read_head
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.sockets import SLICE_S, InterruptibleSocket, connect, secure
from gistsearch.ports.gists import Deadline

BUFFER_BYTES = 1 << 16
"""So much is received at once: a small file with its head, where the standard library's 8 KiB are often too few."""


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


class Connection(HTTPConnection):
    """One connection to an origin."""

    response_class = _Response
    sock: InterruptibleSocket | None

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin.host, origin.port, timeout=SLICE_S)
        self.origin = origin
        self._wire: InterruptibleSocket | None = None  # `sock`, even after that was let go as an answer ends with it

    def open(self, deadline: Deadline, timeout_s: float, tls: ssl.SSLContext | None) -> None:
        """Connect.

        Args:
            deadline: ends the waiting.
            timeout_s: for each address of the host, and for the handshake.
            tls: from `tls_context`; None for a connection in clear text.

        Raises:
            DeadlineExceeded: as soon as the deadline is over.
            OSError: it fails, or takes too long.
        """
        self.sock = wire = connect(self.origin.host, self.origin.port, deadline, timeout_s)
        if tls is not None:
            self.sock = wire = secure(wire, tls, self.origin.host, timeout_s)
        self._wire = wire

    def exchange(
        self, target: str, headers: Mapping[str, str], deadline: Deadline, patience_s: float
    ) -> tuple[Head, HTTPResponse]:
        """Send a request, and return the answer when its head has come: that head, and what reads the body.

        Args:
            target: path and query.
            headers: all of them, `Host` included.
            deadline: ends all waiting, for the body, too.
            patience_s: within which the whole head has to come; later on, for how long one read may wait.

        Raises:
            HTTPError, HTTPException, OSError: there is no answer, or none that can be understood.
            DeadlineExceeded: as soon as the deadline is over.
        """
        wire = self._wire
        assert wire is not None  # noqa: S101  # it is open
        wire.deadline, wire.patience_s, wire.reads_end_at = deadline, patience_s, monotonic() + patience_s
        wire.settimeout(SLICE_S)
        self.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            self.putheader(name, value)
        self.endheaders()
        response = super(HTTPConnection, self).getresponse()  # urllib3's own would read the head a second time.
        assert isinstance(response, _Response)  # noqa: S101  # `response_class`
        wire.reads_end_at = math.inf
        return response.head, _body(response)

    def end_reads_in(self, seconds: float) -> None:
        """Let all reads be over so soon, until the next request."""
        if self._wire is not None:
            self._wire.settimeout(min(SLICE_S, seconds))
            self._wire.reads_end_at = monotonic() + seconds


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
            connect_timeout_s: for TCP and TLS, each.
        """
        self._tls = tls
        self._connect_timeout_s = connect_timeout_s
        self._permits = threading.Semaphore(limit)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []  # the one used last at the end; each lent one has a permit, no idle one has
        self._closed = False

    def take(self, origin: Origin, deadline: Deadline) -> Connection:
        """Lend a connection, to be given back or discarded.

        Raises:
            DeadlineExceeded: the deadline was over before there was one.
            OSError: it can't be connected.
        """
        while not self._permits.acquire(timeout=min(SLICE_S, deadline.remaining_s())):
            deadline.check()
        connection = self._connection(origin)
        try:
            if connection.sock is None:
                connection.open(deadline, self._connect_timeout_s, self._tls if origin.scheme == "https" else None)
        except BaseException:
            self.discard(connection)
            raise
        return connection

    def give_back(self, connection: Connection) -> None:
        """Take back a connection whose answer was read to its end."""
        with self._lock:
            if not self._closed:
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

    def _connection(self, origin: Origin) -> Connection:
        """Return an idle connection; else one that is not open yet, in the place of an idle one to another origin."""
        with self._lock:
            place = next((i for i in reversed(range(len(self._idle))) if self._idle[i].origin is origin), -1)
            connection = self._idle.pop(place) if self._idle else None
        if connection is None or connection.origin is not origin:
            if connection is not None:
                connection.close()
            return Connection(origin)
        if not connection.is_connected:
            connection.close()
        return connection
