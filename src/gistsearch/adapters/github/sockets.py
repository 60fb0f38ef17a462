"""Sockets whose waiting a deadline ends, and sockets that don't wait at all.

Who waits does so in slices: between two of them a socket looks at the deadline, so that it ends when it passes and when
someone cancels it. The timeout of a slice never reaches the layers above, so that a read goes on where it was; and as
each read looks at the deadline first, an answer that drips byte by byte doesn't evade it.

Who has many sockets to wait for takes steps: generators that yield what they wait for.
"""

from __future__ import annotations

import errno
import math
import os
import socket
import ssl
import time
from collections.abc import Generator
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any, TypeVar

from urllib3.util import wait_for_read, wait_for_write

from gistsearch.ports.gists import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SLICE_S = 0.25
"""How long a cancelled deadline may go unnoticed."""
CHUNK_BYTES = 1 << 16
"""The most that one read asks for. More comes no faster, and from 128 KiB on the C library maps pages each time."""

_T = TypeVar("_T")

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""What `socket.getaddrinfo` says of one address."""
Steps = Generator[tuple["InterruptibleSocket", int], None, _T]
"""Work that never waits: it yields what it would have to wait for, a socket and `EVENT_READ` or `EVENT_WRITE`, and is
to be taken up again when that is so. Closing it frees what it holds."""


class InterruptibleSocket(socket.socket):
    """A socket that gives up at a deadline."""

    deadline: Deadline = Deadline()
    """Ends every wait; set anew for each request."""
    patience_s: float = SLICE_S
    """How long one read waits for the first byte."""
    reads_end_at: float = math.inf
    """When reading is over, however often something comes; on the monotonic clock."""

    def settimeout(self, value: float | None, /) -> None:
        """Set how long an operation may take; without a call to the operating system where nothing changes."""
        if value != self.gettimeout():
            super().settimeout(value)

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        """Receive as `socket.recv_into` does.

        Raises:
            DeadlineExceeded: as soon as the deadline is over.
            TimeoutError: nothing came for `patience_s`, or `reads_end_at` has passed.
        """
        if time.monotonic() >= self.reads_end_at:
            raise TimeoutError("what was awaited did not come in time")
        gives_up_at = min(time.monotonic() + self.patience_s, self.reads_end_at)
        while True:
            self.deadline.check()
            try:
                return super().recv_into(buffer, nbytes or 0, flags)
            except TimeoutError:
                if time.monotonic() >= gives_up_at:
                    raise

    def receive_now(self) -> bytes | None:
        """Receive what is there: None where that is nothing, no bytes where there will be no more.

        Raises:
            OSError: the connection is broken.
        """
        try:
            return self.recv(CHUNK_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None


class InterruptibleTLSSocket(InterruptibleSocket, ssl.SSLSocket):
    """The same within TLS."""


def tls_context() -> ssl.SSLContext:
    """Return what secures connections: certificates are checked against the system's authorities."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = InterruptibleTLSSocket
    return context


def addresses(host: str, port: int) -> list[AddressInfo]:
    """Resolve a host's name: the one thing here that waits and that no deadline interrupts.

    Args:
        host: a name or an IP address (v6 without brackets).
        port: of TCP.

    Raises:
        OSError: it has none.
    """
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def connecting(address: AddressInfo, tls: ssl.SSLContext | None, host: str) -> Steps[InterruptibleSocket]:
    """Connect, and shake hands where there is to be TLS; return a socket that does not wait.

    Args:
        address: where to.
        tls: from `tls_context`, or None.
        host: whose certificate is expected.

    Raises:
        OSError: it can't be connected (`ssl.SSLError` where the other side's certificate is refused).
    """
    family, kind, protocol, _, place = address
    wire = InterruptibleSocket(family, kind, protocol)
    try:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.settimeout(0.0)
        failure = wire.connect_ex(place)
        if failure in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            yield wire, EVENT_WRITE
            failure = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            raise OSError(failure, os.strerror(failure))
        if tls is not None:
            secured = tls.wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
            assert isinstance(secured, InterruptibleTLSSocket)  # noqa: S101  # tls_context saw to it
            wire = secured
            yield from _shaking_hands(secured)
    except BaseException:
        wire.close()
        raise
    return wire


def _shaking_hands(wire: InterruptibleTLSSocket) -> Steps[None]:
    while True:
        try:
            wire.do_handshake()
        except ssl.SSLWantReadError:
            yield wire, EVENT_READ
        except ssl.SSLWantWriteError:
            yield wire, EVENT_WRITE
        else:
            return


def awaited(steps: Steps[_T], deadline: Deadline, timeout_s: float) -> _T:
    """Take steps to their end, and wait in between.

    Raises:
        DeadlineExceeded: as soon as the deadline is over.
        TimeoutError: they take longer than that.
    """
    gives_up_at = time.monotonic() + timeout_s
    try:
        while True:
            deadline.check()
            wire, event = next(steps)
            while not (wait_for_read if event == EVENT_READ else wait_for_write)(wire, SLICE_S):
                deadline.check()
                if time.monotonic() >= gives_up_at:
                    raise TimeoutError("it took too long")
    except StopIteration as over:
        return over.value
    finally:
        steps.close()
