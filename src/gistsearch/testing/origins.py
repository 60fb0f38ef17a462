"""Tests that a source stays within its own hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from attrs import evolve

from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.gists import GistFile
from gistsearch.testing.fixtures import (
    FILE_ERRORS,
    GistSourceFixtures,
    MakeSource,
    RedirectContent,
    must_raise,
    one_file,
)

BAIT = b"What another host has.\n"

FOREIGN: Mapping[str, Callable[[str, str], str]] = {
    "another host": lambda _, trap: f"http://{trap}/file.txt",
    "the same path": lambda url, trap: urlunsplit(urlsplit(url)._replace(netloc=trap)),
    "upper case": lambda _, trap: f"HTTP://{trap}/file.txt",
    "user information": lambda url, trap: f"http://{urlsplit(url).netloc}@{trap}/file.txt",
    "a back slash": lambda url, trap: f"http://{trap}\\@{urlsplit(url).netloc}/file.txt",
    "no scheme": lambda _, trap: f"//{trap}/file.txt",
    "a tab": lambda _, trap: f"ht\ttp://{trap}/file.txt",
}
"""Addresses on the other host (`HOST:PORT`), made from an address that was listed."""


class OriginTests(GistSourceFixtures):
    """Addresses in a listing are untrusted: they must not make the source send requests to other hosts."""

    @pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
    def test_content_of_another_host_is_not_fetched(
        self, make_source: MakeSource, foreign: Callable[[str, str], str]
    ) -> None:
        """An address outside the source's own origins is not even connected to."""
        source = make_source(one_file(b"What the listing promised.\n"))
        file = self.only_file(source)
        with OtherHost() as other:
            stray = _promising(file, foreign(file.raw_url, other.netloc), BAIT)
            with suppress(*FILE_ERRORS):
                assert self.content(source, stray) != BAIT, "expected no content from another host"
            assert other.count_visitors() == 0, f"expected no connection to the host of {stray.raw_url!r}"

    def test_a_redirect_to_another_host_is_not_followed(
        self, make_source: MakeSource, redirect_content: RedirectContent
    ) -> None:
        """Only a listing may name the host of a file."""
        source = make_source(one_file(BAIT))
        file = self.only_file(source)
        with OtherHost() as other:
            redirect_content("octo", "file.txt", f"http://{other.netloc}/file.txt")
            with must_raise(*FILE_ERRORS, when="the content of a file redirects to another host"):
                self.content(source, file)
            assert other.count_visitors() == 0, "expected no connection to the host that the redirect names"


class OtherHost:
    """A host on the loopback interface that no source may ask. It has `BAIT` at every address."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> OtherHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._server.server_close()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def count_visitors(self) -> int:
        """Stop serving, and return how many connections were made."""
        self._stop()
        self._server.socket.setblocking(False)
        with suppress(BlockingIOError):  # when the last waiting connection was counted
            while True:
                self._server.get_request()[0].close()
        return self._server.visitors

    def _stop(self) -> None:
        self._server.shutdown()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    visitors = 0

    def get_request(self) -> tuple[socket, Any]:
        request = super().get_request()
        self.visitors += 1
        return request


class _Handler(BaseHTTPRequestHandler):
    timeout = 1.0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BAIT)))
        self.end_headers()
        self.wfile.write(BAIT)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Print nothing."""


def _promising(file: GistFile, raw_url: str, content: bytes) -> GistFile:
    """Return a file at another address, described as completely as this one."""
    size_bytes = None if file.size_bytes is None else len(content)
    blob_id = None if file.blob_id is None else blob_id_of(content)
    return evolve(file, raw_url=raw_url, size_bytes=size_bytes, blob_id=blob_id)
