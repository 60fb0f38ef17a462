"""No input of a user and no answer of GitHub sends a request to another host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from attrs import frozen
from flask.testing import FlaskClient

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from tests.faces.web_fixtures import SEARCH
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, TrapListener, faults

TOKEN = "ghp_canaryThatMustNotSing"

# `{trap}` is the host and port of a listener that nobody may connect to, `{port}` its port, `{raw}` and `{api}` are the
# allowed origins. Names under `.evil` and `.example` would not resolve; a look-up would fail the test, too.
PLACES = [
    "http://{trap}/x",
    "https://{trap}/x",
    "//{trap}/x",
    "http:{trap}/x",
    "{raw}@{trap}/x",
    "http://gist.githubusercontent.com:80@{trap}/x",
    "http://{trap}#@gist.githubusercontent.com/x",
    "http://{trap}?@gist.githubusercontent.com/x",
    "http://{trap}\\@gist.githubusercontent.com/x",
    "{raw}\\@{trap}/x",
    "{raw}\\.{trap}/x",
    "http://127.1:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f000001:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://localhost:{port}/x",
    "http://127.0.0.1.:{port}/x",
    "http://127。0。0。1:{port}/x",
    "http://169.254.169.254/latest/meta-data/",
    "https://evil.example/x",
    "https://api.github.com.evil/x",
    "{api}.evil/x",
    "{raw}.evil.example/x",
    "{api}/users/octo/gists",
    "{raw}/x\r\nHost: {trap}",
    "file:///etc/passwd",
    "gopher://{trap}/x",
]


@frozen
class World:
    """A GitHub, a listener to which nobody may connect, and the service."""

    github: LoopbackGitHub
    trap: TrapListener
    web: FlaskClient

    def address(self, place: str) -> str:
        """Return an address with what its braces stand for."""
        trap = self.trap.origin.removeprefix("http://")
        return place.format(trap=trap, port=self.trap.port, raw=self.github.raw_origin, api=self.github.api_url)

    def search(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Search by POST; return the status and the object of the answer."""
        with closing(self.web.post(SEARCH, json={"pattern": "needle", "timeout_s": 10} | fields)) as response:
            return response.status_code, json.loads(response.data)


@pytest.fixture
def world() -> Iterator[World]:
    """Nothing connects to the trap, and the token is sent to the API alone."""
    gist = LoopbackGist([LoopbackFile("a.py", b"needle\n")])
    with LoopbackGitHub({"octo": [gist]}) as github, TrapListener() as trap, ThreadPoolExecutor(2) as executor:
        with closing(GitHubGists(github.api_url, [github.raw_origin], TOKEN, first_pause_s=0.01)) as source:
            yield World(github, trap, create_app(SearchGists(source, Re2Compiler(), executor)).test_client())
        assert trap.connections == 0
        assert {request.listener for request in github.requests if TOKEN in str(request.headers)} <= {"api"}


@pytest.mark.parametrize("place", PLACES)
def test_content_is_fetched_from_the_raw_origins_alone(world: World, place: str) -> None:
    """Whatever address a listing names; the file is skipped with the reason."""

    def move(gists: list[dict[str, Any]]) -> None:
        for file in gists[0]["files"].values():
            file["raw_url"] = world.address(place)

    world.github.script("api", lambda _: True, faults.changed_listing(move), times=None)
    status, told = world.search(username="octo")
    assert (status, told["skipped_by_reason"]) == (200, {"forbidden-origin": 1})
    assert {request.listener for request in world.github.requests} == {"api"}


@pytest.mark.parametrize("place", [place for place in PLACES if place.isascii()])  # A header cannot hold the others.
def test_a_redirect_of_the_api_leads_nowhere_else(world: World, place: str) -> None:
    """Within the API's origin it may, and the token goes along; nothing is sent to any other."""
    world.github.script("api", lambda _: True, faults.redirect(world.address(place).split("\r")[0]), times=None)
    status, _ = world.search(username="octo")
    assert status == 502
    assert {request.listener for request in world.github.requests} == {"api"}


@pytest.mark.parametrize(
    "name",
    [
        *PLACES,
        "..",
        ".",
        "octo/../../gists",
        "octo%2f..",
        "octo?x=",
        "octo#",
        "octo;x",
        "@",
        "octo@{trap}",
        "-octo",
        "x y",
    ],
)
def test_a_user_name_is_never_more_than_one_part_of_a_path(world: World, name: str) -> None:
    """If GitHub is asked about it at all: nobody has such a name."""
    status, told = world.search(username=world.address(name))
    assert (status, told["type"]) == (404, "/problems/unknown-user")
    for request in world.github.requests:
        assert re.fullmatch(r"/users/[^/?#;@\\]+/gists\?per_page=100", request.target)
        assert "/../" not in request.target


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Original-URL", "Forwarded", "Referer", "Origin"])
def test_no_header_names_the_host_to_ask(world: World, header: str) -> None:
    """Requests go where the settings say."""
    value = world.trap.origin.removeprefix("http://")
    response = world.web.post(SEARCH, json={"username": "octo", "pattern": "needle"}, headers={header: value})
    assert response.get_json()["status"] == "success"
