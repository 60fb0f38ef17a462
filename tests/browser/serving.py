"""Serves the page over gists in memory from this process, so that a test decides when a file arrives."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from gistsearch.adapters.memory import InMemoryGists, MemoryRecord
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebOptions, create_app
from gistsearch.domain.search import SearchGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile, GistSource

THREADS = 16


class GatedGists(InMemoryGists):
    """Gists of which some files arrive only when they are released."""

    def __init__(self, users: Mapping[str, Sequence[MemoryRecord]], held: Sequence[str] = ()) -> None:
        """
        Args:
            users: as for `InMemoryGists`.
            held: the names of files that are held back.
        """
        super().__init__(users)
        self._gates = {name: threading.Event() for name in held}
        self.given_up = threading.Event()
        """Set when a search ends while it waits for a file."""

    def release(self, filename: str) -> None:
        """Let a file arrive, in this search and in all others."""
        self._gates[filename].set()

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        gate = self._gates.get(file.filename)
        if gate:
            interrupted = threading.Event()
            withdraw = deadline.on_over(lambda: (interrupted.set(), gate.set()))
            gate.wait()
            withdraw()
            if interrupted.is_set():
                gate.clear()
                self.given_up.set()
        yield from super().open_file(file, deadline)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Write nothing."""


class _Server(ThreadedWSGIServer):
    """Ends the browser's connections, and waits for their threads, when it is closed."""

    daemon_threads = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections = dict[int, socket.socket]()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections[id(request)] = request
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.pop(id(request), None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        for connection in list(self._connections.values()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


@contextmanager
def page_over(source: GistSource, **options: Any) -> Generator[str, None, None]:
    """Serve the page over a source, with these `WebOptions`, for the duration of the context.

    Yields:
        The page's address.
    """
    with ThreadPoolExecutor(THREADS) as executor:
        app = create_app(SearchGists(source, Re2Compiler(), executor, concurrency=THREADS), WebOptions(**options))
        server = _Server("127.0.0.1", 0, app, _Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
