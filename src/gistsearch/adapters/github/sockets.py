"""Sockets whose waiting a deadline ends: when it passes, and when someone cancels it.

Between two looks at the deadline a socket waits for a slice of time only. The timeout of a slice never reaches the
layers above, so that a read goes on where it was; and as each read looks at the deadline first, an answer that drips
byte by byte doesn't evade it.
"""

from __future__ import annotations

import errno
import math
import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from urllib3.util import wait_for_write

from gistsearch.ports.gists import Deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SLICE_S = 0.25
"""How long a cancelled deadline may go unnoticed."""

_T = TypeVar("_T")
_Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


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
        receive = super().recv_into
        return self._patiently(lambda: receive(buffer, nbytes or 0, flags))

    def connect_within(self, address: _Address, timeout_s: float) -> None:
        """Connect, and wait in slices from now on.

        Raises:
            DeadlineExceeded: as soon as the deadline is over.
            OSError: it can't be connected, or not in time.
        """
        self.setblocking(False)
        failure = self.connect_ex(address)
        if failure in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._patiently(self._await_connection, timeout_s)
            failure = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            raise OSError(failure, os.strerror(failure))
        self.settimeout(SLICE_S)

    def _await_connection(self) -> None:
        if not wait_for_write(self, SLICE_S):
            raise TimeoutError("no connection in time")

    def _patiently(self, step: Callable[[], _T], timeout_s: float | None = None) -> _T:
        """Call what times out after a slice, again and again."""
        gives_up_at = min(time.monotonic() + (self.patience_s if timeout_s is None else timeout_s), self.reads_end_at)
        while True:
            self.deadline.check()
            try:
                return step()
            except TimeoutError:
                if time.monotonic() >= gives_up_at:
                    raise


class InterruptibleTLSSocket(InterruptibleSocket, ssl.SSLSocket):
    """The same within TLS."""

    def shake_hands_within(self, timeout_s: float) -> None:
        """Shake hands, as has to be done first.

        Raises:
            DeadlineExceeded: as soon as the deadline is over.
            OSError: it fails (`ssl.SSLError` where the other side's certificate is refused), or takes too long.
        """
        self._patiently(self.do_handshake, timeout_s)


def tls_context() -> ssl.SSLContext:
    """Return what secures connections: certificates are checked against the system's authorities."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = InterruptibleTLSSocket
    return context


def connect(host: str, port: int, deadline: Deadline, timeout_s: float) -> InterruptibleSocket:
    """Connect to the first address of a host that answers.

    Resolving its name is the one thing here that no deadline interrupts.

    Args:
        host: a name or an IP address (v6 without brackets).
        port: of TCP.
        deadline: ends the waiting, here and in the socket's reads.
        timeout_s: for each address.

    Raises:
        DeadlineExceeded: as soon as the deadline is over.
        OSError: none answers.
    """
    failure = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = InterruptibleSocket(family, kind, protocol)
        connection.deadline = deadline
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect_within(address, timeout_s)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure


def secure(
    connection: InterruptibleSocket, context: ssl.SSLContext, host: str, timeout_s: float
) -> InterruptibleSocket:
    """Put a connection into TLS; it is taken over, and closed in case of an error.

    Args:
        connection: just connected.
        context: from `tls_context`.
        host: whose certificate is expected.
        timeout_s: for the handshake.

    Raises:
        DeadlineExceeded: as soon as the connection's deadline is over.
        OSError: it fails, or takes too long.
    """
    secured = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    assert isinstance(secured, InterruptibleTLSSocket)  # noqa: S101  # tls_context saw to it
    secured.deadline = connection.deadline
    try:
        secured.shake_hands_within(timeout_s)
    except BaseException:
        secured.close()
        raise
    return secured
