"""The member source port's published suite over our adapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.memory import InMemoryGists, MemoryMember
from gistsearch.ports.gists import MalformedRecord
from gistsearch.ports.members import MemberSource
from gistsearch.testing import CorruptMember, Disruption, MakeMembers, MemberSourceSuite, Organizations
from tests.loopback_github import Exchange, Fault, LoopbackGitHub, faults


class TestInMemoryGists(MemberSourceSuite):
    @pytest.fixture
    def source(self) -> InMemoryGists:
        return InMemoryGists({})

    @pytest.fixture
    def records(self) -> dict[str, list[MemoryMember]]:
        """Return what the source holds, by organization."""
        return {}

    @pytest.fixture
    def make_members(self, source: InMemoryGists, records: dict[str, list[MemoryMember]]) -> MakeMembers:
        def make_members(organizations: Organizations) -> MemberSource:
            for organization, members in organizations.items():
                records[organization] = [member.name for member in members if member.public]
                source.put_members(organization, records[organization])
            return source

        return make_members

    @pytest.fixture
    def corrupt_member(self, source: InMemoryGists, records: dict[str, list[MemoryMember]]) -> CorruptMember:
        def corrupt_member(organization: str, position: int) -> None:
            records[organization][position] = MalformedRecord(f"member {position + 1}: it is null")
            source.put_members(organization, records[organization])

        return corrupt_member


class TestGitHubGists(MemberSourceSuite):
    """Over real sockets, and with a token, with which GitHub lists private members as well if it is asked for them."""

    @pytest.fixture
    def github(self) -> Iterator[LoopbackGitHub]:
        with LoopbackGitHub({}) as github:
            yield github

    @pytest.fixture
    def make_members(self, github: LoopbackGitHub) -> Iterator[MakeMembers]:
        with closing(
            GitHubGists(github.api_url, [github.raw_origin], "t0ken", max_wait_s=1, first_pause_s=0.01)
        ) as source:

            def make_members(organizations: Organizations) -> MemberSource:
                for organization, members in organizations.items():
                    github.organizations[organization] = {member.name: member.public for member in members}
                return source

            yield make_members

    @pytest.fixture
    def corrupt_member(self, github: LoopbackGitHub) -> CorruptMember:
        return lambda _, position: github.script("api", lambda _: True, _with_null_at(position), None)

    @pytest.fixture
    def stall(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, faults.accepted_then_silent)

    @pytest.fixture
    def disconnect(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, faults.reset_before_headers)

    @pytest.fixture
    def limit_rate(self, github: LoopbackGitHub) -> Disruption:
        return lambda: _happens_to_all(github, lambda: faults.rate_limited(429, retry_after=3_600, remaining=0))


def _with_null_at(position: int) -> Fault:
    """Answer normally, but with null in place of a member."""

    async def fault(exchange: Exchange) -> None:
        members = json.loads(exchange.body())
        members[position] = None
        content = json.dumps(members).encode()
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))

    return fault


def _happens_to_all(github: LoopbackGitHub, fault: Callable[[], Fault]) -> None:
    github.script("api", lambda _: True, fault(), None)
