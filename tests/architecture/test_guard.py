"""The guard in conftest.py: what leaves this machine fails, what stays on it does not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.conftest import ConnectionToTheOutside

OUTSIDE = ("192.0.2.1", 9)  # RFC 5737: leads nowhere


def _connect() -> None:
    with closing(socket.socket()) as client:
        client.settimeout(0.01)
        client.connect(OUTSIDE)


def _send() -> None:
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as client:
        client.sendto(b"x", OUTSIDE)


def _resolve() -> None:
    socket.getaddrinfo("api.github.com", 443)


@pytest.mark.parametrize("reach_out", [_connect, _send, _resolve])
def test_nothing_leaves_this_machine(reach_out: Callable[[], None]) -> None:
    with pytest.raises(ConnectionToTheOutside):
        reach_out()


def test_loopback_is_open() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
