"""The gist source port's published suite over our adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.gists import GistSource
from gistsearch.testing import Alter, GistSourceSuite, MultiplexingSourceSuite, Plant, PlantedGist, Upset, Users
from tests.loopback_github import Exchange, Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, faults


class TestInMemoryGists(GistSourceSuite):
    @pytest.fixture
    def plant(self) -> Plant:
        def planted(users: Users) -> GistSource:
            return InMemoryGists(
                {
                    user: [MemoryGist(gist.files, gist.description, public=gist.public) for gist in gists]
                    for user, gists in users.items()
                }
            )

        return planted


class TestGitHubGists(MultiplexingSourceSuite):
    """Over real sockets, and with a token, for which GitHub lists secret gists, too."""

    @pytest.fixture
    def github(self) -> Iterator[LoopbackGitHub]:
        with LoopbackGitHub({}) as github:
            yield github

    @pytest.fixture
    def plant(self, github: LoopbackGitHub) -> Iterator[Plant]:
        with closing(
            GitHubGists(github.api_url, [github.raw_origin], token="t0ken", concurrency=8, first_pause_s=0.01)
        ) as source:

            def planted(users: Users) -> GistSource:
                github.users.update({user: [_gist(gist) for gist in gists] for user, gists in users.items()})
                return source

            yield planted

    @pytest.fixture
    def alter(self, github: LoopbackGitHub) -> Alter:
        def altered(username: str, filename: str, content: bytes | None) -> None:
            if content is None:
                github.users[username] = []
            else:
                github.script("raw", lambda target: target.endswith(f"/{quote(filename)}"), _saying(content), None)

        return altered

    @pytest.fixture
    def silence(self, github: LoopbackGitHub) -> Upset:
        return lambda: _happens_to_all(github, faults.accepted_then_silent)

    @pytest.fixture
    def sever(self, github: LoopbackGitHub) -> Upset:
        return lambda: _happens_to_all(github, faults.reset_before_headers)


def _gist(gist: PlantedGist) -> LoopbackGist:
    files = [LoopbackFile(name, content) for name, content in gist.files.items()]
    return LoopbackGist(files, gist.description, public=gist.public)


def _saying(content: bytes) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    return fault


def _happens_to_all(github: LoopbackGitHub, fault: Callable[[], Fault]) -> None:
    for listener in ("api", "raw"):
        github.script(listener, lambda _: True, fault(), times=None)
