"""The gist source port's published suite over our adapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from urllib.parse import quote

import pytest
from attrs import evolve

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.memory import InMemoryGists, MemoryGist, MemoryRecord
from gistsearch.ports.gists import GistSource, MalformedRecord, Unreadable
from gistsearch.testing import (
    ChangeContent,
    CorruptRecord,
    Disruption,
    GistSourceSuite,
    MakeSource,
    RedirectContent,
    ReplaceGists,
    SampleGist,
    Users,
)
from tests.loopback_github import Exchange, Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, faults


class TestInMemoryGists(GistSourceSuite):
    describes_content = True

    @pytest.fixture
    def source(self) -> InMemoryGists:
        return InMemoryGists({})

    @pytest.fixture
    def records(self) -> dict[str, list[MemoryRecord]]:
        """Return what the source holds, by user."""
        return {}

    @pytest.fixture
    def make_source(self, source: InMemoryGists, replace_gists: ReplaceGists) -> MakeSource:
        def make_source(users: Users) -> GistSource:
            for user, gists in users.items():
                replace_gists(user, gists)
            return source

        return make_source

    @pytest.fixture
    def replace_gists(self, source: InMemoryGists, records: dict[str, list[MemoryRecord]]) -> ReplaceGists:
        def replace_gists(user: str, gists: Sequence[SampleGist]) -> None:
            records[user] = [self.record(gist) for gist in gists]
            source.put(user, records[user])

        return replace_gists

    @pytest.fixture
    def corrupt_record(self, source: InMemoryGists, records: dict[str, list[MemoryRecord]]) -> CorruptRecord:
        def corrupt_record(user: str, position: int) -> None:
            records[user][position] = Unreadable(f"gist {position + 1}", MalformedRecord("it is null"))
            source.put(user, records[user])

        return corrupt_record

    def record(self, gist: SampleGist) -> MemoryRecord:
        return MemoryGist(gist.files, gist.description, public=gist.public, describes_content=self.describes_content)


class TestInMemoryGistsWithoutSizes(TestInMemoryGists):
    describes_content = False


class TestGitHubGists(GistSourceSuite):
    """Over real sockets, and with a token, with which GitHub lists secret gists as well."""

    @pytest.fixture
    def github(self) -> Iterator[LoopbackGitHub]:
        with LoopbackGitHub({}) as github:
            yield github

    @pytest.fixture
    def make_source(self, github: LoopbackGitHub) -> Iterator[MakeSource]:
        with closing(
            GitHubGists(
                github.api_url,
                [github.raw_origin],
                token="t0ken",
                concurrency=8,
                read_timeout_s=5,
                max_wait_s=1,
                first_pause_s=0.01,
            )
        ) as source:

            def make_source(users: Users) -> GistSource:
                github.users.update({user: [_gist(gist) for gist in gists] for user, gists in users.items()})
                return source

            yield make_source

    @pytest.fixture
    def change_content(self, github: LoopbackGitHub) -> ChangeContent:
        def change_content(username: str, filename: str, content: bytes | None) -> None:
            if content is None:
                github.users[username] = []
            else:
                github.script("raw", _asks_for(filename), _answering(content), None)

        return change_content

    @pytest.fixture
    def replace_gists(self, github: LoopbackGitHub) -> ReplaceGists:
        """Keep those gists that have the same files: an edited gist is another object in the loopback server."""

        def replace_gists(username: str, gists: Sequence[SampleGist]) -> None:
            before = {tuple(file.name for file in gist.files): gist for gist in github.users[username]}
            github.users[username] = [before.get(tuple(gist.files)) or _gist(gist) for gist in gists]

        return replace_gists

    @pytest.fixture
    def corrupt_record(self, github: LoopbackGitHub) -> CorruptRecord:
        def corrupt_record(username: str, position: int) -> None:
            gist_id = github.users[username][position].id
            github.script("api", lambda _: True, _with_null_for(gist_id), None)

        return corrupt_record

    @pytest.fixture
    def redirect_content(self, github: LoopbackGitHub) -> RedirectContent:
        return lambda _, filename, address: github.script("raw", _asks_for(filename), faults.redirect(address), None)

    @pytest.fixture
    def stall(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, faults.accepted_then_silent)

    @pytest.fixture
    def disconnect(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, faults.reset_before_headers)

    @pytest.fixture
    def limit_rate(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, lambda: faults.rate_limited(429, retry_after=3_600, remaining=0))


def _gist(gist: SampleGist) -> LoopbackGist:
    files = [LoopbackFile(name, content) for name, content in gist.files.items()]
    return LoopbackGist(files, gist.description, public=gist.public)


def _asks_for(filename: str) -> Callable[[str], bool]:
    return lambda target: target.endswith(f"/{quote(filename)}")


def _answering(content: bytes) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    return fault


def _with_null_for(gist_id: str) -> Fault:
    """Answer normally, but with null in place of a gist (rest-api-description#4531)."""

    async def fault(exchange: Exchange) -> None:
        gists = json.loads(exchange.body())
        content = json.dumps([None if gist["id"] == gist_id else gist for gist in gists]).encode()
        await exchange.send_answer(evolve(exchange.answer, content=content))

    return fault


def _happens_to_all(github: LoopbackGitHub, fault: Callable[[], Fault]) -> None:
    for listener in ("api", "raw"):
        github.script(listener, lambda _: True, fault(), times=None)
