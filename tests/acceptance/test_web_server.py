"""The server as a process: addresses, signals, workers, streams, and many clients at once."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.acceptance.conftest import environment_with, gistsearch
from tests.acceptance.serving import COMMAND, PATIENCE_S, Server, serving, slow_service, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals of POSIX, and Linux's list of processes")

MEMORY = environment_with(GISTSEARCH_BACKEND="memory")
SEARCH = "/api/v1/search"


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that has to happen."""
    due_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < due_s, "it did not happen"
        time.sleep(0.05)


def objects_of(response: urllib3.BaseHTTPResponse) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream as they come."""
    rest = b""
    for chunk in response.stream():
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(json.loads, lines)
    assert rest == b""


@pytest.mark.parametrize("to_all", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server(number: signal.Signals, to_all: bool) -> None:
    """Of a supervisor, by Ctrl-C, or by a terminal that closes, its workers included: status 0, and nobody left."""
    with serving(environment=MEMORY) as server:
        server.signal(number, to_all=to_all)
        assert server.wait() == 0
        assert server.is_gone()
        assert not server.is_listening
        (line,) = server.errors.decode().splitlines()
        assert line.endswith(f": listening on {server.url}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("delay_s", [0.1, 0.3, 0.5, 0.7, 0.9, 1.2])
def test_a_signal_that_comes_early_is_not_lost(number: signal.Signals, delay_s: float) -> None:
    """While Python, the server or its worker starts."""
    with started([*COMMAND, "serve", "--port", "0"], MEMORY) as server:
        time.sleep(delay_s)
        server.signal(number, to_all=True)
        by_python = {1} if number is signal.SIGINT else set[int]()  # while it imports `site`, before any of our code
        assert server.wait() in {0, 130, -number} | by_python
        until(server.is_gone)


def test_two_signals_end_the_server_as_one_does() -> None:
    """Granian's worker would hang at the second."""
    with serving(environment=MEMORY) as server:
        for _ in range(2):
            server.signal(signal.SIGTERM, to_all=True)
        assert server.wait() == 0


def test_a_worker_that_ends_first_is_no_failure() -> None:
    """A supervisor that signals all processes may reach it first. Here, the parent is stopped until it is gone."""
    with serving(environment=MEMORY) as server:
        (worker,) = children_of(server.process.pid)
        server.signal(signal.SIGSTOP)
        os.kill(worker, signal.SIGTERM)
        until(lambda: not server.is_listening)
        until(lambda: state_of(worker) == "Z")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        assert server.wait() == 0


def test_a_worker_that_fails_is_a_failure() -> None:
    """Of the server as well, which somebody has to start again."""
    with serving(environment=MEMORY) as server:
        (worker,) = children_of(server.process.pid)
        os.kill(worker, signal.SIGKILL)
        assert server.wait() == 1


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def test_under_nohup_the_server_outlives_its_terminal() -> None:
    """It goes on serving after SIGHUP, and ends on SIGTERM."""
    with serving(environment=MEMORY, ignores_hangup=True) as server:
        server.signal(signal.SIGHUP, to_all=True)
        time.sleep(0.5)
        assert server.get("/ping").data == b"pong"
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_a_worker_does_not_outlive_its_server() -> None:
    """A server that is killed leaves its port to the next one."""
    with serving(environment=MEMORY) as server:
        server.process.kill()
        server.wait()
        until(lambda: not server.is_listening)


def test_the_host_may_be_a_name() -> None:
    """Not only an address."""
    with serving("--host", "localhost", environment=MEMORY) as server:
        assert server.get("/ping").data == b"pong"


def test_host_and_port_may_be_variables() -> None:
    """As in a container; flags win over them."""
    environment = MEMORY | {"GISTSEARCH_HOST": "localhost", "GISTSEARCH_PORT": "1"}
    with serving(environment=environment) as server:
        assert server.get("/ping").data == b"pong"
        assert server.address[1] != 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_in_use_is_reported(host: str) -> None:
    """In one line, with status 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = gistsearch("serve", "--host", host, "--port", str(port), environment=MEMORY)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode() == f"gistsearch: can't listen on {host}:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GISTSEARCH_RATE_LIMIT", "often"),
        ("GISTSEARCH_RATE_LIMIT_STORAGE", "nowhere://"),
        ("GISTSEARCH_API_KEYS", "@/no/such/file"),
        ("GISTSEARCH_PORT", "100000"),
    ],
)
def test_a_bad_setting_stops_the_start(variable: str, value: str) -> None:
    """Once, with its variable, before a worker starts."""
    ran = gistsearch("serve", "--host", "127.0.0.1", environment=MEMORY | {variable: value})
    assert (ran.returncode, ran.stdout) == (2, b"")
    (line,) = ran.stderr.decode().splitlines()
    assert variable in line


def test_metrics_are_those_of_all_workers() -> None:
    """Whichever of them answers."""
    with serving("--workers", "3", environment=MEMORY | {"GISTSEARCH_RATE_LIMIT": "off"}) as server:
        for _ in range(30):
            response = urllib3.request(
                "GET",
                f"{server.url}{SEARCH}?username=octocat&pattern=x",
                headers={"Connection": "close"},
                retries=False,
            )
            assert response.status == 200
        pages = [server.get("/metrics").data.decode() for _ in range(3)]
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    found = [re.search(r'^gistsearch_searches_total\{outcome="success"\} (\S+)$', page, re.MULTILINE) for page in pages]
    assert [each and float(each[1]) for each in found] == [30.0] * 3


def test_the_first_match_is_sent_long_before_the_last() -> None:
    """Two hundred gists take twenty seconds."""
    with slow_service() as server:
        response = server.stream(username="slow", pattern="needle")
        objects = objects_of(response)
        next(each for each in objects if each["type"] == "match")
        progress = next(each for each in objects if each["type"] == "progress")
        assert progress["gists_known"] < 100
        assert not progress["listed"]
        response.close()


@pytest.mark.parametrize("username", ["slow", "stuck", "endless"])
def test_a_client_that_leaves_stops_the_search(username: str) -> None:
    """Whether results come, or nothing does, or more than the client reads."""
    with slow_service() as server, socket.create_connection(server.address) as connection:
        query = f"{SEARCH}?username={username}&pattern=needle&detail=lines&max_lines_per_file=1000"
        connection.sendall(f"GET {query} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode())
        until(lambda: searches_in_progress(server) == 1)
        connection.close()
        until(lambda: searches_in_progress(server) == 0)


def searches_in_progress(server: Server) -> float:
    page = server.get("/metrics").data.decode()
    found = re.search(r"^gistsearch_searches_in_progress (\S+)$", page, re.MULTILINE)
    assert found
    return float(found[1])


def test_sigterm_lets_searches_end_and_stops_the_others() -> None:
    """Meanwhile the server is not ready and takes no others. What is stopped has an end, and the status is 0."""
    with slow_service(SLOW_SERVICE_DRAIN_S="2") as server, ThreadPoolExecutor() as clients:
        plain = clients.submit(server.search, username="slow", pattern="needle")
        objects = objects_of(server.stream(username="slow", pattern="needle"))
        assert next(objects)["type"] == "begin"
        until(lambda: searches_in_progress(server) == 2)
        server.signal(signal.SIGTERM)
        until(lambda: server.get("/readyz").status == 503)
        assert server.search(username="other", pattern="needle").status == 503
        *_, end = objects
        assert (end["type"], end["complete"], end["reason"]) == ("end", False, "shutdown")
        told = plain.result().json()
        assert told["status"] == "partial"
        assert "shutdown" in told["skipped_by_reason"]
        assert server.wait() == 0


def test_many_searches_at_once_are_answered_or_refused() -> None:
    """None fails, and probes are answered throughout."""
    with slow_service() as server, ThreadPoolExecutor(100) as clients:
        answers = [clients.submit(server.search, username=f"{number}", pattern="needle") for number in range(200)]
        while not all(answer.done() for answer in answers):
            assert server.get("/livez").status == 200
        statuses = Counter(answer.result().status for answer in answers)
        assert set(statuses) <= {200, 429}
        assert statuses[200] >= 32
        assert server.search(username="other", pattern="needle").status == 200


def test_half_sent_requests_shut_nobody_out() -> None:
    """Neither half-sent heads nor half-sent bodies."""
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with slow_service() as server, ExitStack() as stack:
        for number in range(264):
            connection = stack.enter_context(socket.create_connection(server.address))
            is_whole = number < 64
            connection.sendall((head + ('Content-Length: 50\r\n\r\n{"username": ' if is_whole else "")).encode())
        assert server.get("/livez").status == 200
        assert server.search(username="other", pattern="needle").json()["status"] == "success"


def test_a_client_that_leaves_before_a_plain_answer_stops_the_search() -> None:
    """Nobody would read it."""
    with slow_service() as server, socket.create_connection(server.address) as connection:
        connection.sendall(f"GET {SEARCH}?username=stuck&pattern=needle HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: searches_in_progress(server) == 1)
        connection.close()
        until(lambda: searches_in_progress(server) == 0)


def test_a_body_that_does_not_arrive_is_refused_and_the_connection_closed() -> None:
    """After ten seconds; the service goes on answering others."""
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
    with slow_service() as server, socket.create_connection(server.address, timeout=PATIENCE_S) as connection:
        connection.sendall(f'{head}{{"username": '.encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert server.search(username="other", pattern="needle").status == 200
