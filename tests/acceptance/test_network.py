"""The command on networks as people have them: a proxy, an authority of their own, tokens of other tools."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.acceptance.conftest import environment_for, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, LoopbackProxy, unused_port

CANARY = "ghp_canaryThatMustNotSing"
GISTS = [LoopbackGist([LoopbackFile("a.py", b"import requests\n")]) for _ in range(3)]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def github(authority: trustme.CA) -> Iterator[LoopbackGitHub]:
    """Serve over TLS, with a certificate of an authority that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    with LoopbackGitHub({"octo": GISTS}, tls=context) as github:
        yield github


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return str(tmp_path / "authority.pem")


def _search(environment: dict[str, str]) -> tuple[int, int, str]:
    """Return the exit status, how many gists matched, and what was printed about errors."""
    done = gistsearch("search", "-l", "import requests", "octo", environment=environment)
    return done.returncode, len(done.stdout.splitlines()), done.stderr.decode()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_search_goes_through_a_proxy(github: LoopbackGitHub, ca_file: str, variable: str) -> None:
    """By tunnels, in which the proxy sees no token."""
    with LoopbackProxy() as proxy:
        settings = {variable: proxy.url, "SSL_CERT_FILE": ca_file, "GISTSEARCH_GITHUB_TOKEN": CANARY}
        assert _search(environment_for(github, **settings)) == (0, 3, "")
        assert {request.method for request in proxy.requests} == {"CONNECT"}
        assert CANARY.encode() not in proxy.received
    assert {CANARY in str(request.headers) for request in github.requests if request.listener == "raw"} == {False}
    assert {CANARY in str(request.headers) for request in github.requests if request.listener == "api"} == {True}


def test_hosts_in_no_proxy_are_asked_directly(github: LoopbackGitHub, ca_file: str) -> None:
    """The proxy is not there."""
    settings = {"HTTPS_PROXY": f"http://127.0.0.1:{unused_port()}", "SSL_CERT_FILE": ca_file}
    assert _search(environment_for(github, NO_PROXY="example.com,127.0.0.0/8", **settings)) == (0, 3, "")
    status, _, errors = _search(environment_for(github, **settings))
    assert status == 2
    assert "the proxy http://127.0.0.1:" in errors


def test_authority_that_is_not_trusted_is_named_with_the_remedy(github: LoopbackGitHub) -> None:
    """Nothing is sent to a host that could be anyone."""
    status, count, errors = _search(environment_for(github, GISTSEARCH_GITHUB_TOKEN=CANARY))
    assert (status, count) == (2, 0)
    assert "is not trusted" in errors
    assert "SSL_CERT_FILE" in errors
    assert CANARY not in errors
    assert github.requests == []


@pytest.mark.parametrize("variable", ["GH_TOKEN", "GITHUB_TOKEN"])
def test_token_of_other_tools_is_sent_to_the_api(github: LoopbackGitHub, ca_file: str, variable: str) -> None:
    """And to it alone."""
    assert _search(environment_for(github, SSL_CERT_FILE=ca_file, **{variable: CANARY})) == (0, 3, "")
    tokens = {(request.listener, request.fields.get("authorization")) for request in github.requests}
    assert tokens == {("api", f"Bearer {CANARY}"), ("raw", None)}


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "socks5://user:pa55word@127.0.0.1"), ("SSL_CERT_FILE", "/nowhere/authority.pem")],
)
def test_bad_value_stops_the_search_with_its_variable(github: LoopbackGitHub, variable: str, value: str) -> None:
    """Its password is not repeated."""
    status, _, errors = _search(environment_for(github, **{variable: value}))
    assert status == 2
    assert variable in errors
    assert "pa55word" not in errors
