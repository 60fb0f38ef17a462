"""The GitHub adapter's members of organizations: every page, and no end without a reason."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import AccessForbidden, ForbiddenOrigin, MalformedRecord, SourceError, SourceUnavailable
from gistsearch.ports.members import UnknownOrganization
from tests.integration.conftest import Connect
from tests.loopback_github import Exchange, Fault, LoopbackGitHub, TrapListener, faults
from tests.loopback_github.items import number_of


def _github(count: int) -> LoopbackGitHub:
    return LoopbackGitHub({}, organizations={"acme": dict.fromkeys(_names(count), True)})


def _names(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def _members(source: GitHubGists, organization: str = "acme") -> list[str]:
    return list(source.list_members(organization, Deadline(10.0)))


def _what_comes(source: GitHubGists) -> tuple[list[str], SourceError]:
    """Return the members that are listed, and the error after them."""
    members: list[str] = []
    with pytest.raises(SourceError) as raised:
        members.extend(source.list_members("acme", Deadline(10.0)))
    return members, raised.value


def _by_number(target: str) -> str:
    """Return the address of a renamed organization, as GitHub redirects to it."""
    return target.replace("/orgs/old/", f"/organizations/{number_of('acme')}/")


def _members_as(body: bytes) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    return fault


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (100, 1), (101, 2), (450, 5)])
def test_list_costs_one_request_per_hundred_members(connect: Connect, count: int, requests: int) -> None:
    """No page is asked for twice, and none that is not there."""
    with _github(count) as github:
        assert _members(connect(github)) == _names(count)
        targets = [request.target for request in github.requests]
        assert targets[0] == "/orgs/acme/public_members?per_page=100"
        assert len(targets) == requests


def test_list_has_the_tokens_quota(connect: Connect) -> None:
    """It is asked for with the token, and waits for the same limit as listings."""
    with _github(1) as github:
        source = connect(github, token="t0ken")
        _members(source)
        assert github.requests[0].fields["authorization"] == "Bearer t0ken"
        github.script("api", lambda _: True, faults.rate_limited(429, retry_after=3_600, remaining=0))
        for _ in range(2):
            _what_comes(source)
        assert len(github.requests) == 2


@pytest.mark.parametrize("name", ["nothing", "a_b", "übung", "a&b=c", "a" * 100])
def test_unknown_organization_is_reported(connect: Connect, name: str) -> None:
    """GitHub decides which names exist; each is encoded as one piece of the path."""
    with _github(1) as github:
        with pytest.raises(UnknownOrganization, match=name):
            _members(connect(github), name)
        assert [request.target.count("/") for request in github.requests] == [3]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "acme/repos", "acme?x=", "acme#", "a%2fb", "a\r\nX: 1"])
def test_impossible_name_is_not_asked_for(connect: Connect, name: str) -> None:
    """No server can take a part of it for something else."""
    with _github(1) as github:
        with pytest.raises(UnknownOrganization):
            _members(connect(github), name)
        assert github.requests == []


def test_renamed_organization_is_followed_within_the_origin(connect: Connect) -> None:
    """GitHub redirects to the organization's number; a redirect to another host is refused."""
    with _github(150) as github, TrapListener() as trap:
        github.script("api", lambda target: "/old/" in target, faults.redirect(_by_number), None)
        github.script("api", lambda target: "/lost/" in target, faults.redirect(f"{trap.origin}/orgs/acme"), None)
        assert _members(connect(github), "old") == _names(150)
        with pytest.raises(ForbiddenOrigin):
            _members(connect(github), "lost")
        assert trap.connections == 0


def test_link_to_another_host_only_counts_by_its_number(connect: Connect) -> None:
    """The page is asked for where the first one came from."""
    with _github(150) as github:
        link = faults.link_header('<https://evil.example/orgs/acme/public_members?page=2>; rel="next"')
        github.script("api", lambda target: "page=2" not in target, link)
        assert _members(connect(github)) == _names(150)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("null", "member 2: the record is not an object"),
        ("{}", "member 2: the field 'login' is missing"),
        ('{"login": null}', "member 2: the field 'login' is null"),
        ('{"login": 7}', "member 2: the field 'login' is not text"),
        ('{"login": "../x"}', "member 2: the field 'login' is not a user name"),
        ('{"login": "a\\u001b[31m"}', "member 2: the field 'login' is not a user name"),
    ],
)
def test_bad_record_costs_one_record_and_is_named(connect: Connect, record: str, message: str) -> None:
    """All other members come first."""
    with _github(3) as github:
        body = f'[{{"login": "a"}}, {record}, {{"login": "b"}}]'.encode()
        github.script("api", lambda _: True, _members_as(body), None)
        members, error = _what_comes(connect(github))
        assert members == ["a", "b"]
        assert isinstance(error, MalformedRecord)
        assert str(error) == message


def test_page_that_cannot_be_had_is_asked_for_in_parts(connect: Connect) -> None:
    """Only the smallest part that fails is missing, and it is named at the end."""
    with _github(250) as github:
        failing = ("per_page=100&page=2", "per_page=50&page=3", "per_page=25&page=5")
        github.script("api", lambda target: target.endswith(failing), faults.server_error(), None)
        members, error = _what_comes(connect(github))
        assert members == [*_names(100), *_names(250)[125:]]
        assert isinstance(error, SourceUnavailable)
        assert str(error).startswith("members 101–125: ")


def test_refusal_is_in_githubs_words(connect: Connect) -> None:
    """It is not tried again."""
    with _github(1) as github:
        github.script("api", lambda _: True, faults.blocked(), None)
        members, error = _what_comes(connect(github))
        assert isinstance(error, AccessForbidden)
        assert (members, len(github.requests)) == ([], 1)


def test_something_other_than_a_list_is_a_failure(connect: Connect) -> None:
    """It is tried again, and never taken for an organization without members."""
    with _github(1) as github:
        github.script("api", lambda _: True, faults.other_shape_json(), None)
        assert isinstance(_what_comes(connect(github))[1], SourceUnavailable)
