"""What the server answers to requests as bytes, also those that the application never sees."""

from __future__ import annotations

import re
import socket
from contextlib import suppress

from tests.acceptance.conftest import environment_with
from tests.acceptance.serving import PATIENCE_S, Server, serving

SEARCH = "/api/v1/search"

JSON_POST = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
GET = f"GET {SEARCH}?username=octocat&pattern=x"
END = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

# What is sent, by what it is; the operation whose description applies; the status of the answer.
RAW: dict[str, tuple[str, str, int]] = {
    "search": (f"{GET}{END}\r\n", "get", 200),
    "HEAD": (f"HEAD{GET.removeprefix('GET')}{END}\r\n", "get", 200),
    "long address": (f"{GET}{'x' * 70_000}{END}\r\n", "get", 414),
    "many headers": (f"{GET}{END}" + "X: 1\r\n" * 150 + "\r\n", "get", 431),
    "large header": (f"{GET}{END}X: {'x' * 600_000}\r\n\r\n", "get", 431),
    "two lengths": (f"{JSON_POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{{}}", "post", 400),
    "no number as a length": (f"{JSON_POST}Content-Length: x\r\n\r\n{{}}", "post", 400),
    "other method": (f"DELETE {SEARCH}{END}\r\n", "post", 405),
    "no body": (f"{JSON_POST}Content-Length: 0\r\n\r\n", "post", 400),
    "large body": (f"{JSON_POST}Content-Length: 70000\r\n\r\n{' ' * 70_000}", "post", 413),
    "endless chunks": (
        f"{JSON_POST}Transfer-Encoding: chunked\r\n\r\n" + f"2000\r\n{' ' * 0x2000}\r\n" * 9,
        "post",
        413,
    ),
    "coded body": (f"{JSON_POST}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{}}", "post", 415),
    "coded body in chunks": (
        f"{JSON_POST}Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
        "post",
        415,
    ),
    "waits for leave to send": (f"{JSON_POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{{}}", "post", 422),
}


def test_every_status_of_the_server_is_described() -> None:
    """Also those that it sends before the application sees a request. It goes on answering after each."""
    with serving(environment=environment_with(GISTSEARCH_BACKEND="memory")) as server:
        operations = server.get("/openapi.json").json()["paths"][SEARCH]
        for name, (sent, method, status) in RAW.items():
            assert status_of_answer(server, sent) == status, name
            assert str(status) in operations[method]["responses"], name
            assert server.get("/livez").status == 200, name


def status_of_answer(server: Server, sent: str) -> int:
    """Send bytes on a connection; return the status of the final answer."""
    with socket.create_connection(server.address, timeout=PATIENCE_S) as connection:
        with suppress(ConnectionError):  # The server need not read all of it.
            connection.sendall(sent.encode())
        answer = b""
        with suppress(ConnectionError):
            while part := connection.recv(65_536):
                answer += part
    return int(re.findall(rb"^HTTP/1.1 (\d+) ", answer, re.MULTILINE)[-1])
