"""Runs the application on granian: no Python thread waits for a slow client to send headers or take its answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

if TYPE_CHECKING:
    from flask import Flask

SEARCHES_AT_ONCE = 64
"""How many requests are answered at once; further ones wait in the backlog."""
SPARE_THREADS = 4
"""More threads than searches, so that a health check always finds one."""
HEADER_READ_TIMEOUT_MS = 10_000
DRAIN_S = 10
"""How long running searches get after SIGTERM."""


def serve(load_app: Callable[[], Flask], host: str, port: int) -> None:
    """Serve HTTP until SIGTERM or SIGINT.

    Args:
        load_app: makes the application, in the process that serves; picklable.
        host, port: where to listen.

    Raises:
        OSError: the address can't be listened on.
    """
    _probe(host, port)
    server = Granian(
        "gistsearch",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=SEARCHES_AT_ONCE + SPARE_THREADS,
        backpressure=SEARCHES_AT_ONCE + SPARE_THREADS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        workers_kill_timeout=DRAIN_S,
        websockets=False,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=load_app, wrap_loader=False)


def _probe(host: str, port: int) -> None:
    """Fail in words, where granian would in a worker's traceback."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
