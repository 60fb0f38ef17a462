"""Starts web servers as processes, on any free port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import urllib3
from attrs import define, field

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gistsearch"]
PATIENCE_S = 30.0
"""How long something may take that has to happen at all."""

_ADDRESS = re.compile(rb"listening on (http://\S+)")


@define
class Server:
    """A web server in a process group of its own, where Ctrl-C can reach all of it."""

    process: subprocess.Popen[bytes]
    url: str = ""
    errors: bytearray = field(factory=bytearray)
    """What it has written to standard error."""
    _listens: threading.Event = field(factory=threading.Event)
    _reader: threading.Thread | None = None

    def start(self) -> None:
        """Wait until it says where it listens."""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._listens.wait(PATIENCE_S), self.errors
        assert self.url, self.errors

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.errors += line
            if found := _ADDRESS.search(line):
                self.url = found[1].decode()
                self._listens.set()
        self._listens.set()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, for sockets."""
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    @property
    def is_listening(self) -> bool:
        """Whether it accepts connections."""
        try:
            socket.create_connection(self.address, timeout=5).close()
        except OSError:
            return False
        return True

    def get(self, path: str, **fields: Any) -> urllib3.BaseHTTPResponse:
        """Send a GET, without retries."""
        return urllib3.request("GET", self.url + path, fields=fields, retries=False, timeout=60.0)

    def search(self, **fields: Any) -> urllib3.BaseHTTPResponse:
        """Search by POST, without retries."""
        return urllib3.request("POST", self.url + "/api/v1/search", json=fields, retries=False, timeout=60.0)

    def stream(self, **fields: Any) -> urllib3.BaseHTTPResponse:
        """Search by POST for a stream, on a connection of its own."""
        return urllib3.PoolManager().request(
            "POST",
            self.url + "/api/v1/search",
            json=fields,
            headers={"Accept": "application/x-ndjson"},
            retries=False,
            timeout=60.0,
            preload_content=False,
        )

    def signal(self, number: signal.Signals, *, to_all: bool = False) -> None:
        """Send a signal, to its workers as well if `to_all`."""
        (os.killpg if to_all else os.kill)(self.process.pid, number)

    def wait(self) -> int:
        """Wait for its end, and return its status."""
        status = self.process.wait(PATIENCE_S)
        if self._reader:
            self._reader.join(PATIENCE_S)
        return status

    def is_gone(self) -> bool:
        """Return whether no process of it is left."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], *, ignores_hangup: bool = False
) -> Generator[Server, None, None]:
    """Start a server, without waiting until it listens; kill what is left of it."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # A background job of a shell ignores it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignores_hangup else signal.SIG_DFL)

    process = subprocess.Popen(
        list(command),
        env=dict(environment),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=prepare,
    )
    with process:
        server = Server(process)
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def serving(*words: str, environment: Mapping[str, str], ignores_hangup: bool = False) -> Generator[Server, None, None]:
    """Start `gistsearch serve` on a free port, and wait until it listens."""
    command = [*COMMAND, "serve", "--port", "0", *words]
    with started(command, environment, ignores_hangup=ignores_hangup) as server:
        server.start()
        yield server


@contextmanager
def slow_service(**variables: str) -> Generator[Server, None, None]:
    """Start the service over slow gists, and wait until it listens."""
    command = [sys.executable, "-m", "tests.acceptance.slow_service"]
    with started(command, os.environ | variables) as server:
        server.start()
        yield server
