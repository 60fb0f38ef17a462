"""The GitHub adapter over TLS: certificates are checked, connections reused, waiting is interruptible there, too."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import GistFile, SourceUnavailable

CONTENT = b"import requests\n" * 10_000
BLOB_ID = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()

Behaviour = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The authority, as one of the system's."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


class _Server:
    """Accepts connections, each in a thread of its own, and counts them."""

    def __init__(self, listener: socket.socket, behave: Behaviour) -> None:
        self.connections = 0
        self._listener = listener
        self._behave = behave
        self._accepted: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for accepted in self._accepted:
            with suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self.connections += 1
                self._accepted.append(accepted)
                self._threads.append(threading.Thread(target=self._serve, args=(accepted,)))
                self._threads[-1].start()

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), closing(accepted):
            self._behave(accepted)


@contextmanager
def _server(behave: Behaviour) -> Generator[_Server, None, None]:
    server = _Server(socket.create_server(("127.0.0.1", 0)), behave)
    try:
        yield server
    finally:
        server.stop()


def _secured(authority: trustme.CA, behave: Behaviour, host: str = "127.0.0.1") -> Behaviour:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, key_type=trustme.KeyType.ECDSA).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # it knows of PyOpenSSL, too

    def behave_within_tls(accepted: socket.socket) -> None:
        with context.wrap_socket(accepted, server_side=True) as secured:
            behave(secured)

    return behave_within_tls


def _requests(connection: socket.socket) -> Iterator[bytes]:
    received = b""
    while data := connection.recv(65_536):
        received += data
        if received.endswith(b"\r\n\r\n"):
            yield received
            received = b""


def _serve_content(connection: socket.socket) -> None:
    for _ in _requests(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CONTENT) + CONTENT)


def _drip(head: bytes) -> Behaviour:
    def drip(connection: socket.socket) -> None:
        for _ in _requests(connection):
            connection.sendall(head)
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)

    return drip


def _be_silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def _fetch(origin: str, deadline: Deadline, **arguments: Any) -> bytes:
    file = GistFile("a.py", "Python", len(CONTENT), f"{origin}/octo/1/raw/{BLOB_ID}/a.py", BLOB_ID)
    with closing(GitHubGists(origin, [origin], first_pause_s=0.0, **arguments)) as source:
        return b"".join(source.open_file(file, deadline))


def test_content_comes_over_one_connection_that_is_used_again(trusted: trustme.CA) -> None:
    """A handshake costs round trips and processor time."""
    with _server(_secured(trusted, _serve_content)) as server:
        file = GistFile("a.py", "Python", len(CONTENT), f"{server.origin}/raw/{BLOB_ID}/a.py", BLOB_ID)
        with closing(GitHubGists(server.origin, [server.origin])) as source:
            for _ in range(5):
                assert b"".join(source.open_file(file, Deadline(10.0))) == CONTENT
        assert server.connections == 1


def test_certificate_of_an_unknown_authority_is_refused_once(authority: trustme.CA) -> None:
    """The message names the remedy; another try would not help."""
    with _server(_secured(authority, _serve_content)) as server:
        with pytest.raises(SourceUnavailable, match=r"the certificate of https://.* is not trusted: .*SSL_CERT_FILE"):
            _fetch(server.origin, Deadline(10.0))
        assert server.connections == 1


def test_authority_of_a_file_is_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    """Besides those of the system."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with _server(_secured(authority, _serve_content)) as server:
        assert _fetch(server.origin, Deadline(10.0), ca_file=str(tmp_path / "authority.pem")) == CONTENT


def test_certificate_of_another_host_is_refused(trusted: trustme.CA) -> None:
    """Trust in its authority would not help, so the message does not suggest it."""
    with _server(_secured(trusted, _serve_content, "api.github.com")) as server:
        with pytest.raises(SourceUnavailable, match="is for another name") as refused:
            _fetch(server.origin, Deadline(10.0))
        assert "SSL_CERT_FILE" not in str(refused.value)
        assert server.connections == 1


def test_host_that_does_not_speak_tls_is_named() -> None:
    """Such as an http server behind an https address; another try would not help."""

    def answer_plainly(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with _server(answer_plainly) as server:
        with pytest.raises(SourceUnavailable, match="does not speak TLS"):
            _fetch(server.origin, Deadline(10.0))
        assert server.connections == 1


def test_handshake_that_breaks_off_is_tried_again() -> None:
    """It may have been an accident."""

    def leave(connection: socket.socket) -> None:
        connection.recv(65_536)

    with _server(leave) as server:
        with pytest.raises(SourceUnavailable, match="broke the"):
            _fetch(server.origin, Deadline(10.0))
        assert server.connections == 3


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(_be_silent, id="after the request"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nX-Drip: "), id="dripping header"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CONTENT)), id="dripping body"),
    ],
)
def test_deadline_ends_reading(trusted: trustme.CA, behave: Behaviour) -> None:
    """Whatever the other side sends, or not."""
    with _server(_secured(trusted, behave)) as server:
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            _fetch(server.origin, Deadline(0.5))
        assert time.monotonic() - began < 4.0


def test_deadline_ends_a_handshake_that_is_never_answered() -> None:
    """Long before the connect time-out."""
    with _server(_be_silent) as server:
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            _fetch(server.origin, Deadline(0.5))
        assert time.monotonic() - began < 4.0


@pytest.mark.parametrize("secure", [True, False])
def test_cancelling_ends_a_handshake_and_a_read(trusted: trustme.CA, secure: bool) -> None:
    """Without a deadline, too."""
    with _server(_secured(trusted, _be_silent) if secure else _be_silent) as server:
        deadline = Deadline()
        threading.Timer(0.3, deadline.cancel).start()
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            _fetch(server.origin, deadline)
        assert 0.2 < time.monotonic() - began < 4.0


def test_many_small_files_come_over_few_connections(trusted: trustme.CA) -> None:
    """Each answer takes several records."""
    content = b"import requests\n" * 3_000
    blob_id = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def serve(connection: socket.socket) -> None:
        for _ in _requests(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)

    with _server(_secured(trusted, serve)) as server:
        files = [
            GistFile("a.py", None, len(content), f"{server.origin}/{number}/raw/{blob_id}/a.py", blob_id)
            for number in range(50)
        ]
        with (
            closing(GitHubGists(server.origin, [server.origin], concurrency=4)) as source,
            ThreadPoolExecutor(16) as executor,
        ):

            def fetch(file: GistFile) -> bytes:
                return b"".join(source.open_file(file, Deadline(20.0)))

            contents = list(executor.map(fetch, files))
        assert contents == [content] * 50
        assert server.connections <= 4


def test_deadline_ends_many_handshakes_that_are_never_answered() -> None:
    """Also those of files that wait for their turn."""
    with _server(_be_silent) as server:
        file = GistFile("a.py", None, 1, f"{server.origin}/1/raw/{BLOB_ID}/a.py", BLOB_ID)
        began = time.monotonic()
        with closing(GitHubGists(server.origin, [server.origin], concurrency=4)) as source:

            def fetch(_: int) -> None:
                with pytest.raises(DeadlineExceeded):
                    list(source.open_file(file, Deadline(0.5)))

            with ThreadPoolExecutor(16) as executor:
                list(executor.map(fetch, range(16)))
        assert time.monotonic() - began < 4.0
