"""Ports where nobody answers: one that refuses connections, one that swallows them, and a trap that counts them."""

from __future__ import annotations

import socket
from types import TracebackType


def unused_port() -> int:
    """Return a port of the loopback interface where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SwallowingListener:
    """Takes a port of an address where further connections get no answer, as behind a firewall that drops them.

    Its queue is full: the system drops the first packet of each further connection.
    """

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(0)
        self._queued = [socket.socket() for _ in range(4)]
        for client in self._queued:
            client.setblocking(False)
            client.connect_ex((host, port))

    def __enter__(self) -> SwallowingListener:
        return self

    def __exit__(self, *_: object) -> None:
        for client in (*self._queued, self._listener):
            client.close()


class TrapListener:
    """Listens on a port of the loopback interface, says nothing, and counts who connects."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self._accepted: list[socket.socket] = []

    def __enter__(self) -> TrapListener:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were made so far: each counts that was complete for its client. Only until `close`."""
        while True:
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return len(self._accepted)
            self._accepted.append(accepted)

    def close(self) -> None:
        """Free the port, and reset the connections."""
        for accepted in self._accepted:
            accepted.close()
        self._listener.close()
