"""Drain: what is left of a body is read to its end, or its connection closed and a new one made: which is quicker?"""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import trustme
from attrs import frozen

from bench.measuring import Pair, in_turn, table
from gistsearch.adapters.github import GitHubGists, answers
from gistsearch.ports.gists import Deadline, GistFile

FILES = 5
PIECE_BYTES = 1 << 14
DRAINING: Mapping[str, float] = {"DRAIN_BYTES": 1 << 40, "DRAIN_S": 60}
CLOSING: Mapping[str, float] = {"DRAIN_BYTES": -1, "DRAIN_S": 0}


@frozen
class Link:
    """What lies between us and the other side, played by it."""

    round_trip_s: float
    bytes_per_s: float

    def __str__(self) -> str:
        if not self.round_trip_s:
            return "none"
        return f"{1_000 * self.round_trip_s:.0f} ms, {8 * self.bytes_per_s / 1e6:,.0f} Mbit/s"


LINKS = [Link(0, float("inf")), Link(0.03, 2.5e6), Link(0.03, 12.5e6), Link(0.03, 125e6)]


def drain(rests: Sequence[int], pairs: int) -> str:
    """Take the beginning of some files over TLS and leave the rest, one file after another."""
    rows: list[list[str]] = []
    for link in LINKS:
        for rest in rests:
            with _served(link, answers.CHUNK_BYTES + rest) as files, closing(_source(files)) as source:
                pair = _compared(source, files, pairs)
            figures = f"{1_000 * pair.a / FILES:.1f} ms", f"{1_000 * pair.b / FILES:.1f} ms", f"{pair.ratio:.2f}"
            rows.append([str(link), f"{rest >> 10:,} KiB", *figures])
    heads = ["latency, bandwidth", "rest of the body", "read to its end", "new connection", "ratio"]
    return f"### Drain: time for the beginning of a file over TLS, {pairs} pairs\n\n" + table(heads, rows) + "\n"


def _compared(source: GitHubGists, files: Sequence[GistFile], pairs: int) -> Pair:
    def seconds(policy: Mapping[str, float]) -> float:
        kept = {name: getattr(answers, name) for name in policy}
        try:
            for name, value in policy.items():
                setattr(answers, name, value)
            return _time_to_begin(source, files)
        finally:
            for name, value in kept.items():
                setattr(answers, name, value)

    return in_turn(lambda: seconds(DRAINING), lambda: seconds(CLOSING), pairs)


def _time_to_begin(source: GitHubGists, files: Sequence[GistFile]) -> float:
    deadline, began = Deadline(), time.perf_counter()
    for file in files:
        with closing(source.open_file(file, deadline)) as chunks:
            next(chunks)
    return time.perf_counter() - began


def _source(files: Sequence[GistFile]) -> GitHubGists:
    origin = files[0].raw_url.rpartition("/")[0]
    return GitHubGists(origin, [origin], concurrency=1)


@contextmanager
def _served(link: Link, size: int) -> Generator[list[GistFile]]:
    """Serve files of a size over TLS, as if over that link, from an authority that this process trusts."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # it knows of PyOpenSSL, too
    before = os.environ.get("SSL_CERT_FILE")
    with tempfile.TemporaryDirectory() as place, socket.create_server(("127.0.0.1", 0)) as listener:
        os.environ["SSL_CERT_FILE"] = os.fspath(Path(place, "authority.pem"))
        authority.cert_pem.write_to_path(os.environ["SSL_CERT_FILE"])
        threading.Thread(target=_accept, args=(listener, context, link, size), daemon=True).start()
        origin = f"https://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield [GistFile("f", None, size, f"{origin}/{number}", None) for number in range(FILES)]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            del os.environ["SSL_CERT_FILE"]
            if before is not None:
                os.environ["SSL_CERT_FILE"] = before


def _accept(listener: socket.socket, context: ssl.SSLContext, link: Link, size: int) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, context, link, size), daemon=True).start()


def _serve(connection: socket.socket, context: ssl.SSLContext, link: Link, size: int) -> None:
    with suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(2 * link.round_trip_s)  # TCP's handshake and that of TLS 1.3
        with context.wrap_socket(connection, server_side=True) as secured, secured.makefile("rb") as requests:
            while requests.readline():
                while requests.readline().strip():
                    pass
                time.sleep(link.round_trip_s)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                _send(secured, link, size)


def _send(secured: ssl.SSLSocket, link: Link, size: int) -> None:
    """Send a body no quicker than the link is."""
    began, sent = time.perf_counter(), 0
    while sent < size:
        piece = min(PIECE_BYTES, size - sent)
        secured.sendall(bytes(piece))
        sent += piece
        time.sleep(max(0.0, began + sent / link.bytes_per_s - time.perf_counter()))
