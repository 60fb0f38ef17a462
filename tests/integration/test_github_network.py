"""The network that people have: proxies, dead addresses, and connections that fail with a reason."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from gistsearch.adapters.github import GitHubGists, Proxies, Proxy
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import GistFile, SourceUnavailable
from tests.integration.conftest import Connect, listed
from tests.loopback_github import (
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    LoopbackProxy,
    SwallowingListener,
    TrapListener,
    unused_port,
)

CANARY = "ghp_canaryThatMustNotSing"
CONTENT = b"import requests\n" * 100
NAME = "github.test"
"""A name that only a patched resolver knows."""

Resolve = Callable[[list[str]], None]


def _gists(count: int = 1) -> list[LoopbackGist]:
    return [LoopbackGist([LoopbackFile("a.py", CONTENT)]) for _ in range(count)]


def _fetched(source: GitHubGists, file: GistFile, seconds: float = 10.0) -> bytes:
    return b"".join(source.open_file(file, Deadline(seconds)))


def _named(url: str) -> str:
    return url.replace("127.0.0.1", NAME)


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Return a function that lets `NAME` have these addresses, or none."""
    known = socket.getaddrinfo

    def resolved(addresses: list[str]) -> None:
        def getaddrinfo(host: str, port: int, **hints: Any) -> list[Any]:
            if host != NAME:
                return known(host, port, **hints)
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [found for address in addresses for found in known(address, port, **hints)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return resolved


# Failures in words


def test_name_that_does_not_resolve_is_named(connect: Connect, resolve: Resolve) -> None:
    """It is looked up again a second time, as resolvers fail now and then."""
    resolve([])
    with LoopbackGitHub({"octo": _gists()}) as github:
        source = connect(github, api_url=_named(github.api_url))
        with pytest.raises(SourceUnavailable, match=rf"http://{NAME}:\d+ cannot be reached: the name is not resolved"):
            listed(source)


def test_lookup_that_hangs_ends_with_the_deadline(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can interrupt it, so it is left to itself."""

    def hang(*_: object, **__: object) -> None:
        time.sleep(3.0)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with LoopbackGitHub({"octo": _gists()}) as github:
        source = connect(github, api_url=_named(github.api_url))
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            listed(source, seconds=0.2)
        assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("kind", ["listing", "content"])
def test_closed_port_is_named(connect: Connect, kind: str) -> None:
    """Three tries, then the reason."""
    nowhere = f"http://127.0.0.1:{unused_port()}"
    with LoopbackGitHub({"octo": _gists()}) as github:
        source = connect(github, api_url=nowhere, raw_origins=[nowhere])
        file = GistFile("a.py", None, 1, f"{nowhere}/octo/1/raw/{'0' * 40}/a.py", "0" * 40)
        with pytest.raises(SourceUnavailable, match=f"{nowhere} refuses connections"):
            _ = listed(source) if kind == "listing" else _fetched(source, file)


def test_address_that_swallows_connections_is_named(connect: Connect) -> None:
    """After the connect time-out, if there is no other address."""
    port = unused_port()
    with SwallowingListener("127.0.0.1", port), LoopbackGitHub({"octo": []}) as github:
        source = connect(github, api_url=f"http://127.0.0.1:{port}", connect_timeout_s=0.2)
        with pytest.raises(SourceUnavailable, match="cannot be reached: it does not answer in time"):
            listed(source)


def test_deadline_ends_a_connection_attempt(connect: Connect) -> None:
    """Also the cancelled one of a search without a time limit."""
    port = unused_port()
    with SwallowingListener("127.0.0.1", port), LoopbackGitHub({"octo": []}) as github:
        source = connect(github, api_url=f"http://127.0.0.1:{port}", connect_timeout_s=60.0)
        deadline = Deadline()
        with ThreadPoolExecutor(1) as executor:
            listing = executor.submit(lambda: list(source.list_pages("octo", deadline)))
            time.sleep(0.3)
            deadline.cancel()
            began = time.monotonic()
            with pytest.raises(DeadlineExceeded):
                listing.result()
            assert time.monotonic() - began < 10.0


# Several addresses


@contextmanager
def _first_address_dead(resolve: Resolve, github: LoopbackGitHub) -> Generator[None, None, None]:
    """Let `NAME` have an address before the live one where connections to both hosts are swallowed."""
    ports = [urlsplit(url).port or 0 for url in (github.api_url, github.raw_origin)]
    with SwallowingListener("127.0.0.2", ports[0]), SwallowingListener("127.0.0.2", ports[1]):
        resolve(["127.0.0.2", "127.0.0.1"])
        yield


@pytest.mark.parametrize(("count", "more_s"), [(1, 1.0), (60, 1.5)])
def test_dead_first_address_costs_no_time_out(connect: Connect, resolve: Resolve, count: int, more_s: float) -> None:
    """The next one is tried after a quarter of a second, for both hosts."""
    with LoopbackGitHub({"octo": _gists(count)}) as github, ThreadPoolExecutor(32) as executor:

        def search(source: GitHubGists) -> float:
            began = time.monotonic()
            files = [gist.files[0] for gist in listed(source)]
            assert list(executor.map(partial(_fetched, source), files)) == [CONTENT] * count
            return time.monotonic() - began

        resolve(["127.0.0.1"])
        settings = {"api_url": _named(github.api_url), "raw_origins": [github.raw_origin]}
        plain_s = search(connect(github, **settings))
        with _first_address_dead(resolve, github):
            github.users["octo"] = _gists(count)
            settings["raw_origins"] = [github.raw_origin, _named(github.raw_origin)]
            assert search(connect(github, **settings)) - plain_s < more_s


def test_address_that_worked_is_remembered_for_the_process(
    connect: Connect, resolve: Resolve, caplog: pytest.LogCaptureFixture
) -> None:
    """Later connections go there first; the log names the address that did not answer."""
    caplog.set_level(logging.INFO)
    with LoopbackGitHub({"octo": []}, latency_s=0.05) as github, _first_address_dead(resolve, github):
        source = connect(github, api_url=_named(github.api_url))
        listed(source)
        assert f"{NAME}: no answer from 127.0.0.2" in caplog.text
        caplog.clear()
        with ThreadPoolExecutor(8) as executor:
            list(executor.map(listed, [source] * 16))
        assert github.connections_made["api"] > 1
        assert caplog.text == ""


def test_address_that_refuses_is_passed_over_at_once(connect: Connect, resolve: Resolve) -> None:
    """Without a delay."""
    with LoopbackGitHub({"octo": _gists()}) as github:
        resolve(["127.0.0.3", "127.0.0.1"])
        assert len(listed(connect(github, api_url=_named(github.api_url)))) == 1


# Proxies


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def secure_github(authority: trustme.CA) -> Iterator[LoopbackGitHub]:
    """Serve over TLS, with a certificate for the loopback address and for `NAME`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", NAME, key_type=trustme.KeyType.ECDSA).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    with LoopbackGitHub({"octo": _gists(3)}, tls=context) as github:
        yield github


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def _search(source: GitHubGists) -> list[bytes]:
    return [_fetched(source, gist.files[0]) for gist in listed(source)]


def test_https_goes_through_a_tunnel_in_which_the_proxy_sees_nothing(
    connect: Connect, secure_github: LoopbackGitHub, ca_file: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor the path; the log says which proxy is used."""
    caplog.set_level(logging.DEBUG)
    with LoopbackProxy() as proxy:
        proxies = Proxies(https=Proxy.parse(proxy.url))
        source = connect(secure_github, token=CANARY, proxies=proxies, ca_file=ca_file)
        assert _search(source) == [CONTENT] * 3
        hosts = {urlsplit(url).netloc for url in (secure_github.api_url, secure_github.raw_origin)}
        assert {(request.method, request.target) for request in proxy.requests} == {("CONNECT", host) for host in hosts}
        assert CANARY.encode() not in proxy.received
        assert b"/users/" not in proxy.received
        assert f"through the proxy {proxy.url}" in caplog.text
    assert {request.listener for request in secure_github.requests if CANARY in str(request.headers)} == {"api"}
    assert CANARY not in caplog.text


def test_plain_http_is_forwarded(connect: Connect) -> None:
    """The proxy gets the whole address."""
    with LoopbackGitHub({"octo": _gists(3)}) as github, LoopbackProxy() as proxy:
        source = connect(github, proxies=Proxies(http=Proxy.parse(proxy.url)))
        assert _search(source) == [CONTENT] * 3
        assert proxy.requests[0].target == f"{github.api_url}/users/octo/gists?per_page=100"
        assert len(proxy.requests) == len(github.requests) == 4


def test_proxy_gets_its_credentials_and_nobody_else(
    connect: Connect, secure_github: LoopbackGitHub, ca_file: str, caplog: pytest.LogCaptureFixture
) -> None:
    """They are for the proxy alone, and never logged."""
    caplog.set_level(logging.DEBUG)
    with LoopbackProxy() as proxy:
        with_credentials = proxy.url.replace("http://", "http://octo:pa55%20word@")
        source = connect(secure_github, proxies=Proxies(https=Proxy.parse(with_credentials)), ca_file=ca_file)
        _search(source)
        assert proxy.requests[0].fields["proxy-authorization"] == "Basic b2N0bzpwYTU1IHdvcmQ="
    assert not any("proxy-authorization" in request.fields for request in secure_github.requests)
    assert "pa55" not in caplog.text


@pytest.mark.parametrize("exceptions", ["127.0.0.1", "127.0.0.0/8", "*", "example.com, 127.0.0.1"])
def test_exceptions_are_asked_directly(connect: Connect, exceptions: str) -> None:
    """As `NO_PROXY` says."""
    with LoopbackGitHub({"octo": _gists()}) as github, TrapListener() as trap:
        proxies = Proxies(http=Proxy.parse(trap.origin), exceptions=exceptions)
        assert _search(connect(github, proxies=proxies)) == [CONTENT]
        assert trap.connections == 0


def test_certificate_is_checked_behind_the_proxy(connect: Connect, secure_github: LoopbackGitHub) -> None:
    """A proxy that opens TLS needs `SSL_CERT_FILE`."""
    with LoopbackProxy() as proxy:
        source = connect(secure_github, proxies=Proxies(https=Proxy.parse(proxy.url)))
        with pytest.raises(SourceUnavailable, match="is not trusted"):
            listed(source)


def test_proxy_that_refuses_is_quoted(connect: Connect, secure_github: LoopbackGitHub) -> None:
    """With its name, as it isn't GitHub that refuses."""
    with LoopbackProxy("407 Proxy Authentication\x1b Required") as proxy:
        source = connect(secure_github, proxies=Proxies(https=Proxy.parse(proxy.url)))
        told = rf"the proxy {proxy.url} for https://.* refuses the connection: 407 Proxy Authentication\\x1b Required"
        with pytest.raises(SourceUnavailable, match=told):
            listed(source)


def test_proxy_that_is_not_there_is_named(connect: Connect, secure_github: LoopbackGitHub) -> None:
    """And GitHub isn't blamed."""
    nowhere = f"http://127.0.0.1:{unused_port()}"
    source = connect(secure_github, proxies=Proxies(https=Proxy.parse(nowhere)))
    with pytest.raises(SourceUnavailable, match=f"the proxy {nowhere} for https://.* refuses connections"):
        listed(source)


def test_silent_proxy_ends_with_the_connect_time_out(connect: Connect, secure_github: LoopbackGitHub) -> None:
    """The tunnel counts as a part of connecting; the message says that there is a proxy."""
    with TrapListener() as trap:
        source = connect(secure_github, proxies=Proxies(https=Proxy.parse(trap.origin)), connect_timeout_s=0.2)
        with pytest.raises(SourceUnavailable, match=rf"\(through the proxy {trap.origin}\) did not answer in time"):
            listed(source)
