"""Connections to a few origins: interruptible, reused, and never more than so many."""

from __future__ import annotations

import http.client
import ssl
import threading
from typing import cast

from urllib3.connection import HTTPConnection

from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.sockets import SLICE_S, InterruptibleSocket, connect, secure
from gistsearch.ports.gists import Deadline

MOST_INTERIM_ANSWERS = 8
"""So many answers like `103 Early Hints` may come before the real one."""


_Status = tuple[str, int, str]


class _FinalResponse(http.client.HTTPResponse):
    """The answer behind all interim ones. The standard library skips `100 Continue` alone."""

    def _read_status(self) -> _Status:
        for _ in range(MOST_INTERIM_ANSWERS):
            version, status, reason = cast("_Status", super()._read_status())  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]  # unknown to typeshed
            if status >= 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("interim answers without end")


class Connection(HTTPConnection):
    """One connection to an origin."""

    response_class = _FinalResponse
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

    def heed(self, deadline: Deadline, patience_s: float) -> None:
        """Let this deadline end the reads from now on, or silence for so long."""
        if self._wire is not None:
            self._wire.deadline, self._wire.patience_s = deadline, patience_s

    def be_quick(self, slice_s: float) -> None:
        """Let a read end after such a pause, until the next request."""
        if self._wire is not None:
            self._wire.settimeout(slice_s)
            self._wire.patience_s = slice_s


class Connections:
    """Lends connections."""

    def __init__(
        self, limit: int, tls: ssl.SSLContext | None, *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        """
        Args:
            limit: how many there are at most, to all origins together; who wants one more waits.
            tls: from `tls_context`; None where no origin is `https`.
            connect_timeout_s: for TCP and TLS, each.
            read_timeout_s: how long a read waits for the first byte.
        """
        self._tls = tls
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._permits = threading.Semaphore(limit)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []  # the one used last at the end; each lent one has a permit, no idle one has
        self._closed = False

    def take(self, origin: Origin, deadline: Deadline) -> Connection:
        """Lend a connection, to be given back or discarded. Its reads heed the deadline from now on.

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
            connection.heed(deadline, self._read_timeout_s)
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
