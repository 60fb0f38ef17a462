"""The gateway between granian's event loop and the application."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import Factory, define, field

from gistsearch.adapters.memory import InMemoryGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app, gateway
from gistsearch.adapters.web.gateway import Gateway
from gistsearch.adapters.web.request_parsing import MAX_BODY_BYTES
from gistsearch.domain.search import SearchGists
from tests.faces.test_web_streams import Gated
from tests.faces.web_fixtures import LISTED, SEARCH, one_gist

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@define
class Scope:
    """A request."""

    method: str = "GET"
    path: str = "/ping"
    query_string: str = ""
    headers: Mapping[str, str] = Factory(dict[str, str])
    client: str = "192.0.2.1:5000"
    server: str = "127.0.0.1:9876"
    scheme: str = "http"
    http_version: str = "1.1"


@define
class Client:
    """A client of the gateway: sends a body in parts, takes the answer, and may leave."""

    parts: Sequence[bytes] = ()
    stalls: bool = False
    """Whether the rest of its body never comes."""
    leaves_after: int | None = None
    """How many parts of a stream it takes before it leaves; None if it stays."""
    reads: bool = True
    status: int = 0
    headers: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    received: list[bytes] = field(factory=list[bytes])
    is_streamed: bool = False
    left: asyncio.Event = field(factory=asyncio.Event)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.stalls:
            await asyncio.Event().wait()

    async def client_disconnect(self) -> None:
        await self.left.wait()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.received = status, headers, [body]

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Client:
        self.status, self.headers, self.is_streamed = status, headers, True
        return self

    async def send_bytes(self, data: bytes) -> None:
        if self.leaves_after is not None and len(self.received) >= self.leaves_after:
            self.left.set()
        if not self.reads:
            await asyncio.Event().wait()
        self.received.append(data)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def send(app: Wsgi, threads: ThreadPoolExecutor, scope: Scope, client: Client) -> Client:
    asyncio.run(asyncio.wait_for(Gateway(app, threads).__rsgi__(scope, client), 30))
    return client


def environment_of(threads: ThreadPoolExecutor, scope: Scope, *parts: bytes) -> dict[str, Any]:
    """Return what an application is told of a request."""
    seen: dict[str, Any] = {}

    def app(environment: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.update(environment, body=environment["wsgi.input"].read())
        start_response("200 OK", [("Content-Length", "0")])
        return []

    send(app, threads, scope, Client(parts))
    return seen


def test_an_application_is_told_of_the_request(threads: ThreadPoolExecutor) -> None:
    """As PEP 3333 defines it."""
    scope = Scope(
        "POST",
        "/ä b",
        "q=%C3%A4",
        {"content-type": "text/plain", "content-length": "6", "x-request-id": "7", "accept": "*/*"},
        "[2001:db8::1]:5000",
    )
    seen = environment_of(threads, scope, b"abc", b"def")
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/Ã¤ b",
        "QUERY_STRING": "q=%C3%A4",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "6",
        "HTTP_X_REQUEST_ID": "7",
        "HTTP_ACCEPT": "*/*",
        "REMOTE_ADDR": "2001:db8::1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "9876",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "body": b"abcdef",
    }
    assert {name: seen[name] for name in expected} == expected


def test_headers_that_are_sent_several_times_are_one() -> None:
    """The last proxy's address is the last in `X-Forwarded-For`, however it adds it."""

    class Headers(dict[str, str]):
        def items(self) -> Any:
            return [("x-forwarded-for", "a"), ("x-forwarded-for", "b")]

    with ThreadPoolExecutor(1) as threads:
        assert environment_of(threads, Scope(headers=Headers()))["HTTP_X_FORWARDED_FOR"] == "a,b"


def test_an_environment_has_nothing_of_the_process(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its variables contain secrets."""
    monkeypatch.setenv("GISTSEARCH_GITHUB_TOKEN", "s3cr3t")
    assert "s3cr3t" not in str(environment_of(threads, Scope()))


def search_app(source: Any, threads: ThreadPoolExecutor) -> Any:
    return create_app(SearchGists(source, Re2Compiler(), threads))


def post(*parts: bytes, **headers: str) -> tuple[Scope, Client]:
    scope = Scope("POST", SEARCH, headers={"content-type": "application/json"} | headers)
    return scope, Client(parts)


def test_a_search_is_answered(threads: ThreadPoolExecutor) -> None:
    """With the length of the answer."""
    body = json.dumps(LISTED).encode()
    client = send(search_app(one_gist(), threads), threads, *post(body[:10], body[10:]))
    assert (client.status, client.is_streamed) == (200, False)
    assert json.loads(client.received[0])["status"] == "success"
    assert ("Content-Length", str(len(client.received[0]))) in client.headers


@pytest.mark.parametrize("path", ["/ping", "/livez", "/healthz"])
def test_probes_need_no_thread(path: str) -> None:
    """While all are busy, they are answered all the same, with the headers of every answer, and counted."""
    application = create_app(SearchGists(one_gist(), Re2Compiler(), ThreadPoolExecutor(1)))
    with ThreadPoolExecutor(1) as busy:
        gate = threading.Event()
        busy.submit(gate.wait, 60)
        probe = send(application, busy, Scope(path=path), Client())
        head = send(application, busy, Scope("HEAD", path=path), Client())
        other = send(application, busy, Scope("DELETE", path=path), Client())
        gate.set()
    assert (probe.status, head.status, other.status) == (200, 200, 405)
    assert (b"".join(probe.received), b"".join(head.received)) == (b"pong" if path == "/ping" else b"ok\n", b"")
    assert {"X-Request-ID", "Content-Security-Policy"} <= {name for name, _ in probe.headers}
    page = application.test_client().get("/metrics").text
    assert f'gistsearch_http_responses_total{{route="{path}",status="200"}} 2.0' in page


def test_a_stream_is_sent_in_parts(threads: ThreadPoolExecutor) -> None:
    """One for each object."""
    scope, client = post(json.dumps(LISTED).encode(), accept="application/x-ndjson")
    send(search_app(one_gist(), threads), threads, scope, client)
    assert client.is_streamed
    types = [json.loads(part)["type"] for part in client.received]
    assert (types[0], types[-1]) == ("begin", "end")


def test_a_body_that_does_not_arrive_in_time_is_refused(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread waits for it."""
    monkeypatch.setattr(gateway, "BODY_TIMEOUT_S", 0.05)
    scope, _ = post()
    client = send(search_app(one_gist(), threads), threads, scope, Client([b'{"username": '], stalls=True))
    assert client.status == 408
    assert json.loads(client.received[0])["type"] == "/problems/request-timeout"
    assert ("Connection", "close") in client.headers


def test_a_body_without_an_end_is_read_no_further_than_the_limit(threads: ThreadPoolExecutor) -> None:
    """It is refused as too large."""
    taken = 0

    class Endless(Client):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal taken
            while True:
                taken += 1_000
                yield b" " * 1_000

    scope, _ = post()
    client = send(search_app(one_gist(), threads), threads, scope, Endless())
    assert client.status == 413
    assert taken <= MAX_BODY_BYTES + 2_000


def test_a_client_that_leaves_stops_a_search_for_a_plain_answer(threads: ThreadPoolExecutor) -> None:
    """Nobody waits for it; what is open is closed."""
    source = Gated([threading.Event()])

    class Leaving(Client):
        async def client_disconnect(self) -> None:
            while not source.opened:
                await asyncio.sleep(0.01)

    scope, _ = post()
    client = send(search_app(source, threads), threads, scope, Leaving([json.dumps(LISTED).encode()]))
    assert client.status == 499
    assert source.ended.wait(10)


@pytest.mark.parametrize("reads", [True, False])
def test_a_client_that_leaves_stops_a_stream(reads: bool, threads: ThreadPoolExecutor) -> None:
    """Whether it has taken everything so far, or nothing for a while."""
    source = Gated([threading.Event()])
    scope, _ = post(accept="application/x-ndjson")
    body = json.dumps(LISTED).encode()
    client = send(
        search_app(source, threads), threads, scope, Client([body], leaves_after=1 if reads else 0, reads=reads)
    )
    assert client.status == 200
    assert source.ended.wait(10)


@pytest.mark.parametrize("notices", [True, False])
def test_a_client_that_leaves_is_no_error(
    notices: bool, threads: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    """Whether the server notices it first, or the application does, or a part that cannot be sent shows it."""
    source = Gated([threading.Event()])
    sent = 0

    class Closed(Client):
        async def send_bytes(self, data: bytes) -> None:
            nonlocal sent
            sent += 1
            if notices:
                self.left.set()
            raise ConnectionError("the transport is closed")

    scope, _ = post(accept="application/x-ndjson")
    send(search_app(source, threads), threads, scope, Closed([json.dumps(LISTED).encode()]))
    assert source.ended.wait(10)
    assert sent == 1
    gc.collect()  # Only then does asyncio report errors that nobody has looked at.
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_an_answer_is_closed_once_it_is_sent(threads: ThreadPoolExecutor) -> None:
    """Also one that is not streamed, and one that fails."""

    class Parts:
        closed = 0

        def __iter__(self) -> Iterator[bytes]:
            yield b"a"
            raise ValueError

        def close(self) -> None:
            Parts.closed += 1

    for headers in ([("Content-Length", "1")], []):

        def app(_: Any, start_response: Any, headers: Any = headers) -> Iterable[bytes]:
            start_response("200 OK", headers)
            return Parts()

        with pytest.raises(ValueError, match=r"^$"):
            send(app, threads, Scope(), Client())
    assert Parts.closed == 2


def test_a_head_request_gets_no_body(threads: ThreadPoolExecutor) -> None:
    """For a search, not even a length."""
    scope = Scope("HEAD", SEARCH, "username=octo&pattern=x")
    client = send(search_app(InMemoryGists({"octo": []}), threads), threads, scope, Client())
    assert (client.status, client.received) == (200, [])
    assert "content-length" not in {name.lower() for name, _ in client.headers}
