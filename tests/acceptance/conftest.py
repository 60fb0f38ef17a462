"""The product as its users have it: the command, and the server behind a socket, against a loopback GitHub."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
import urllib3
from attrs import frozen

from tests.loopback_github import LoopbackGitHub, unused_port

COMMAND = [sys.executable, "-m", "gistsearch"]

Environment = Mapping[str, str]


def environment_with(**settings: str) -> dict[str, str]:
    """Return this process's environment with these settings, and no others of the product's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GISTSEARCH_")} | settings


def environment_for(github: LoopbackGitHub, **more: str) -> dict[str, str]:
    """Return an environment that points the product at a loopback GitHub."""
    return environment_with(
        GISTSEARCH_GITHUB_API_URL=github.api_url, GISTSEARCH_GITHUB_RAW_ORIGINS=github.raw_origin, **more
    )


def gistsearch(*words: str, environment: Environment, timeout_s: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, timeout=timeout_s, check=False)


@frozen
class Server:
    """A `gistsearch serve` that answers."""

    url: str
    pid: int

    def get(self, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        """Ask, without retries."""
        return urllib3.request("GET", self.url + path, fields=fields, retries=False, timeout=60.0)

    def search(self, **fields: Any) -> urllib3.BaseHTTPResponse:
        """Search by POST, without retries."""
        return urllib3.request("POST", self.url + "/api/v1/search", json=fields, retries=False, timeout=60.0)


@pytest.fixture
def serve() -> Iterator[Callable[[Environment], Server]]:
    """Start servers that end with the test."""
    with ExitStack() as stack:

        def start(environment: Environment) -> Server:
            port = unused_port()
            process = stack.enter_context(
                subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
            )
            stack.callback(process.terminate)
            _wait_for(port, process)
            return Server(f"http://127.0.0.1:{port}", process.pid)

        yield start


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not listen")
