"""A raw host that limits requests, and one that wants a login."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile, LoginRequired, SourceRateLimited
from tests.integration.conftest import Connect, listed
from tests.loopback_github import Exchange, Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, faults

MIB = 1 << 20


def _contents(count: int) -> list[bytes]:
    return [b"import requests  # %d\n" % number for number in range(count)]


def _holding(contents: list[bytes]) -> LoopbackGitHub:
    return LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("a.py", content)]) for content in contents]})


def _fetched_together(source: GitHubGists, files: list[GistFile]) -> list[bytes]:
    def fetch(file: GistFile) -> bytes:
        return b"".join(source.open_file(file, Deadline(30.0)))

    with ThreadPoolExecutor(16) as executor:
        return list(executor.map(fetch, files))


def _files(source: GitHubGists) -> list[GistFile]:
    return [file for gist in listed(source) for file in gist.files]


def _raw_requests(github: LoopbackGitHub) -> int:
    return sum(request.listener == "raw" for request in github.requests)


@pytest.mark.parametrize(
    "fault",
    [
        lambda: faults.rate_limited(429),
        lambda: faults.rate_limited(429, retry_after=1),
        lambda: faults.rate_limited(429, retry_after=0),
        lambda: faults.rate_limited(403, retry_after=1),
    ],
)
@pytest.mark.parametrize("times", [1, 5])
def test_stray_429_costs_a_pause_and_no_file(connect: Connect, fault: Callable[[], Fault], times: int) -> None:
    """The other files of the process wait, too; each comes in the end."""
    contents = _contents(100)
    with _holding(contents) as github:
        source = connect(github, concurrency=16)
        files = _files(source)
        github.script("raw", lambda _: True)  # The first one is answered.
        github.script("raw", lambda _: True, fault(), times=times)
        began = time.monotonic()
        assert _fetched_together(source, files) == contents
        assert time.monotonic() - began > 0.9
        assert _raw_requests(github) == 100 + times


def test_nothing_is_sent_during_a_pause_and_then_fewer_at_once(connect: Connect) -> None:
    """Half as many; the bound recovers step by step."""
    at_once: list[tuple[float, int]] = []
    under_way = 0

    async def counted(exchange: Exchange) -> None:
        nonlocal under_way
        under_way += 1
        at_once.append((time.monotonic(), under_way))
        if len(at_once) == 20:
            await faults.rate_limited(429, retry_after=1)(exchange)
        else:
            await exchange.send_answer()
        under_way -= 1

    contents = _contents(200)
    github = LoopbackGitHub(
        {"octo": [LoopbackGist([LoopbackFile("a.py", content)]) for content in contents]}, pace=(1 << 16, 0.02)
    )
    with github:
        source = connect(github, concurrency=16)
        files = _files(source)
        github.script("raw", lambda _: True, counted, times=None)
        assert _fetched_together(source, files) == contents
    limited_at = at_once[19][0]
    assert max(count for at, count in at_once if at < limited_at) >= 8
    after = [(at, count) for at, count in at_once if at > limited_at + 0.5]
    assert after[0][0] >= limited_at + 1.0
    assert max(count for _, count in after[:8]) <= 8
    assert max(count for _, count in after) > 8


@pytest.mark.parametrize("retry_after", [11, 3_600])
def test_pause_that_is_too_long_is_reported_with_its_end(connect: Connect, retry_after: int) -> None:
    """At once, for every file, and without another request."""
    with _holding(_contents(10)) as github:
        source = connect(github, max_wait_s=10)
        github.script("raw", lambda _: True, faults.rate_limited(429, retry_after=retry_after), times=None)
        for file in _files(source):
            with pytest.raises(SourceRateLimited, match=r"another (11 s|60 min)") as limited:
                list(source.open_file(file, Deadline(30.0)))
            assert limited.value.retry_after_s == pytest.approx(retry_after, abs=5)
        assert _raw_requests(github) == 1


def test_pause_that_outlasts_the_deadline_is_reported_at_once(connect: Connect) -> None:
    """It says more than that the time is up."""
    with _holding(_contents(1)) as github:
        source = connect(github)
        (file,) = _files(source)
        github.script("raw", lambda _: True, faults.rate_limited(429, retry_after=5), times=None)
        began = time.monotonic()
        with pytest.raises(SourceRateLimited):
            list(source.open_file(file, Deadline(3.0)))
        assert time.monotonic() - began < 3.0  # It does not wait for the deadline.


def test_limit_of_the_raw_host_does_not_concern_the_api(connect: Connect) -> None:
    """They have limits of their own."""
    with _holding(_contents(1)) as github:
        source = connect(github)
        (file,) = _files(source)
        github.script("raw", lambda _: True, faults.rate_limited(429, retry_after=60), times=None)
        with pytest.raises(SourceRateLimited):
            list(source.open_file(file, Deadline(10.0)))
        assert listed(source)


# Enterprise Server in private mode


def test_content_that_needs_a_login_comes_from_the_api(connect: Connect) -> None:
    """The raw host is asked once, not once per file or try."""
    contents = [*_contents(5), "ünïcödé ☕\n".encode(), b""]
    with _holding(contents) as github:
        github.script("raw", lambda _: True, faults.login_page(), times=None)
        source = connect(github, token="t0ken")
        files = _files(source)
        assert [b"".join(source.open_file(file, Deadline(10.0))) for file in files] == contents
        assert _raw_requests(github) == 1
        asked = [request for request in github.requests if request.target.startswith("/gists/")]
        assert [request.target for request in asked] == [f"/gists/{gist.id}" for gist in github.users["octo"]]
        assert {request.fields["authorization"] for request in asked} == {"Bearer t0ken"}


@pytest.mark.parametrize(
    "content", [b"x" * (MIB + 1), b"\xff\xfe\x00", b"a\xc3"], ids=["truncated", "binary", "cut character"]
)
def test_content_that_the_api_does_not_give_as_it_is_needs_a_login(connect: Connect, content: bytes) -> None:
    """The API cuts it at 1 MB, and has only text."""
    with _holding([content]) as github:
        github.script("raw", lambda _: True, faults.login_page(), times=None)
        source = connect(github, token="t0ken")
        (file,) = _files(source)
        with pytest.raises(LoginRequired):
            list(source.open_file(file, Deadline(10.0)))
        assert len(github.requests) == 3


def test_content_needs_a_login_if_there_is_no_token(connect: Connect) -> None:
    """The API would not give it either."""
    with _holding(_contents(1)) as github:
        github.script("raw", lambda _: True, faults.login_page(), times=None)
        source = connect(github)
        (file,) = _files(source)
        with pytest.raises(LoginRequired, match="asks to log in"):
            list(source.open_file(file, Deadline(10.0)))
        assert len(github.requests) == 2


@pytest.mark.parametrize("url", ["{raw}/octo/../raw/x/a.py", "{raw}/octo/6b29?/a.py", "{raw}/a.py"])
def test_gist_of_an_address_without_its_id_needs_a_login(connect: Connect, url: str) -> None:
    """Nothing is made up."""
    with _holding(_contents(1)) as github:
        github.script("raw", lambda _: True, faults.login_page(), times=None)
        source = connect(github, token="t0ken")
        file = evolve(_files(source)[0], raw_url=url.format(raw=github.raw_origin))
        with pytest.raises(LoginRequired):
            list(source.open_file(file, Deadline(10.0)))
        assert len(github.requests) == 2
