"""Connects to a host's addresses, staggered ("Happy Eyeballs", RFC 8305), and remembers which one worked."""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, wait
from itertools import zip_longest
from selectors import EVENT_WRITE, DefaultSelector
from time import monotonic
from typing import Any

from gistsearch.ports.deadline import Deadline

ATTEMPT_DELAY_S = 0.25
"""Seconds until the next address is tried as well (RFC 8305, 5), and until a cancelled deadline is noticed."""
RESOLVED_S = 60.0
"""Seconds for which a name's addresses are taken to be the same, as in curl."""

AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""What `socket.getaddrinfo` says about one address."""

_log = logging.getLogger(__name__)


class ConnectFailed(OSError):
    """Indicates that no address of a host can be connected. The message is the end of a sentence about the host."""


class AddressBook:
    """The addresses of hosts. A name is looked up once for all threads; the address that worked last comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lookups: dict[tuple[str, int], tuple[Future[list[AddressInfo]], float]] = {}
        self._worked: dict[tuple[str, int], AddressInfo] = {}

    def connect(self, host: str, port: int, timeout_s: float, deadline: Deadline) -> socket.socket:
        """Connect to the first of a host's addresses that answers.

        Raises:
            ConnectFailed: none does within `timeout_s` seconds.
            DeadlineExceeded: the deadline has passed.
        """
        ends_at = monotonic() + timeout_s
        lookup = self._lookup(host, port)
        while not wait((lookup,), ATTEMPT_DELAY_S).done:  # Nothing can interrupt it, so it has a thread of its own.
            _check(deadline, ends_at)
        try:
            best = self._worked.get((host, port))
            with _Race(host, sorted(lookup.result(), key=lambda address: address != best)) as race:
                sock, self._worked[host, port] = race.winner(ends_at, deadline)
        except socket.gaierror as error:
            raise ConnectFailed("cannot be reached: the name is not resolved") from error
        return sock

    def _lookup(self, host: str, port: int) -> Future[list[AddressInfo]]:
        with self._lock:
            lookup, until = self._lookups.get((host, port), (None, 0.0))
            if lookup is None or (lookup.done() and (monotonic() >= until or lookup.exception())):
                lookup = Future[list[AddressInfo]]()
                self._lookups[host, port] = lookup, monotonic() + RESOLVED_S
                threading.Thread(target=_look_up, args=(lookup, host, port), name="gistsearch-dns", daemon=True).start()
            return lookup


def interleaved(addresses: Iterable[AddressInfo]) -> list[AddressInfo]:
    """Sort addresses so that their families alternate; otherwise the order stays (RFC 8305, 4)."""
    families: dict[socket.AddressFamily, list[AddressInfo]] = {}
    for address in addresses:
        families.setdefault(address[0], []).append(address)
    return [address for group in zip_longest(*families.values()) for address in group if address is not None]


def _look_up(lookup: Future[list[AddressInfo]], host: str, port: int) -> None:
    try:
        addresses: list[AddressInfo] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        lookup.set_result(interleaved(addresses))
    except BaseException as error:  # noqa: BLE001  # It is raised where the result is awaited.
        lookup.set_exception(error)


def _check(deadline: Deadline, ends_at: float) -> None:
    deadline.check()
    if monotonic() >= ends_at:
        raise ConnectFailed("cannot be reached: it does not answer in time")


class _Race:
    """Connection attempts of which the first to succeed wins; leaving the block closes the others."""

    def __init__(self, host: str, addresses: Iterable[AddressInfo]) -> None:
        self._host = host
        self._waiting = deque(addresses)
        self._running: dict[socket.socket, AddressInfo] = {}
        self._selector = DefaultSelector()
        self._failure = 0

    def __enter__(self) -> _Race:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for sock, address in self._running.items():
            sock.close()
            _log.info("%s: no answer from %s yet", self._host, address[4][0])

    def winner(self, ends_at: float, deadline: Deadline) -> tuple[socket.socket, AddressInfo]:
        while self._waiting or self._running:
            _check(deadline, ends_at)
            if self._waiting:
                self._start(self._waiting.popleft())
            delay_s = min(ATTEMPT_DELAY_S, max(0.0, ends_at - monotonic())) if self._running else 0.0
            for key, _ in self._selector.select(delay_s):
                sock: Any = key.fileobj
                self._selector.unregister(sock)
                address = self._running.pop(sock)
                if not (failure := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    return sock, address
                sock.close()
                self._failed(address, failure)
        refused = self._failure == errno.ECONNREFUSED
        raise ConnectFailed("refuses connections" if refused else f"cannot be reached: {os.strerror(self._failure)}")

    def _start(self, address: AddressInfo) -> None:
        family, kind, protocol, _, place = address
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # This machine does not have the family.
            self._failed(address, error.errno or 0)
            return
        sock.setblocking(False)
        failure = sock.connect_ex(place)
        if failure in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._running[sock] = address
            self._selector.register(sock, EVENT_WRITE)
        else:
            sock.close()
            self._failed(address, failure)

    def _failed(self, address: AddressInfo, failure: int) -> None:
        self._failure = failure
        _log.info("%s: %s does not accept a connection: %s", self._host, address[4][0], os.strerror(failure))
