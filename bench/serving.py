"""Runs the service as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from attrs import frozen

from bench.world import GISTSEARCH

SEARCH = "/api/v1/search"


@frozen
class Service:
    """A running service."""

    host: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def peak_bytes(self) -> int:
        """Return the largest resident set of any of its processes (Linux)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in (self.pid, *children)]
        return max(int(found[1]) << 10 for text in statuses if (found := re.search(r"^VmHWM:\s+(\d+) kB", text, re.M)))


@contextmanager
def serving(settings: Mapping[str, str], workers: int = 1) -> Generator[Service, None, None]:
    """Start the service on a free port, without a limit on rates, and wait until it listens."""
    command = [*GISTSEARCH, "serve", "--port", "0", "--workers", f"{workers}"]
    variables = {**os.environ, "GISTSEARCH_RATE_LIMIT": "off", **settings}
    process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE)  # noqa: S603  # our own
    log = cast("IO[bytes]", process.stderr)
    with process:
        try:
            line = log.readline()
            while not (found := re.search(rb"listening on http://(\S+):(\d+)", line)):
                if not line:
                    raise RuntimeError("the service did not start")
                line = log.readline()
            threading.Thread(target=log.read, daemon=True).start()
            yield Service(found[1].decode(), int(found[2]), process.pid)
        finally:
            process.terminate()
            process.wait()
