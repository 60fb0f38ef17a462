"""Searches of several users over HTTP: whose matches they are, and who is named when nobody can be searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from tests.faces.web_fixtures import SEARCH, answered, client, of_type, one_gist, pointers, post, problem, streamed
from tests.fakes import ScriptedSource


@pytest.fixture
def web() -> Iterator[FlaskClient]:
    """Return a client whose searches list several users at once, so that their listings end in any order."""
    with ThreadPoolExecutor(8) as executor:
        yield create_app(SearchGists(one_gist(), Re2Compiler(), executor)).test_client()


def test_several_users_are_searched_at_once() -> None:
    """Each result names its user, and a user who is unknown is an error beside the others."""
    web = client(InMemoryGists({name: [MemoryGist({"f": b"needle"}, id=name)] for name in ("a", "b")}))
    told = answered(web.post(SEARCH, json={"usernames": ["b", "c", "a"], "pattern": "needle", "detail": "counts"}))
    assert (told["status"], told["usernames"]) == ("partial", ["b", "c", "a"])
    assert [(gist["username"], gist["files"][0]["line_count"]) for gist in told["results"]] == [("b", 1), ("a", 1)]
    assert [(error["username"], error["problem"]["status"]) for error in told["errors"]] == [("c", 404)]
    both = web.get(SEARCH, query_string="usernames=a&usernames=b&pattern=needle")
    assert len(answered(both)["matches"]) == 2


def test_of_several_users_none_is_known() -> None:
    """There is no result, so it is a problem."""
    response = post(client(ScriptedSource({})), username="a")
    assert response.status_code == 404


def test_errors_of_users_come_in_the_order_of_the_request(web: FlaskClient) -> None:
    """In whatever order their listings fail."""
    users = [f"nobody-{number}" for number in range(20)]
    told = answered(web.post(SEARCH, json={"usernames": [*users, "octo"], "pattern": "needle"}))
    assert [error["username"] for error in told["errors"]] == users


def test_fifty_users_can_be_searched_at_once() -> None:
    """Each result names its user, in the order of the request; a stream names the user in each object."""
    users = [f"user-{number}" for number in range(50)]
    gists = InMemoryGists({user: [MemoryGist({"f": b"needle"}, id=f"of-{user}")] for user in users})
    asked = {"usernames": users[::-1], "pattern": "needle"}
    plain = answered(client(gists).post(SEARCH, json=asked))
    assert plain["matches"] == [f"https://gist.github.com/{user}/of-{user}" for user in users[::-1]]
    assert set(plain) == {"status", "usernames", "pattern", "matches"}
    lines = answered(client(gists).post(SEARCH, json=asked | {"detail": "lines"}))
    assert [result["username"] for result in lines["results"]] == users[::-1]
    objects = streamed(client(gists).post(SEARCH, json=asked, headers={"Accept": "application/x-ndjson"}))
    assert {each["username"]: each["id"] for each in of_type(objects, "match")} == {u: f"of-{u}" for u in users}


def names_in(detail: str) -> list[str]:
    return re.findall(r"'([^']+)'", detail)


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson", "text/event-stream"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_all_users_that_the_source_does_not_know_are_named(web: FlaskClient, accept: str, method: str) -> None:
    """In the order of the request, each once, and pointed at."""
    fields = {"usernames": ["zoe", "adam", "Zoe", "mia"], "pattern": "x"}
    sent: dict[str, Any] = {"query_string": fields} if method == "GET" else {"json": fields}
    for _ in range(5):
        told = problem(web.open(SEARCH, method=method, headers={"Accept": accept}, **sent), 404, "unknown-user")
        assert names_in(told["detail"]) == ["zoe", "adam", "mia"]
        assert pointers(told) == ["/usernames/0", "/usernames/1", "/usernames/3"]
        assert [names_in(error["detail"]) for error in told["errors"]] == [["zoe"], ["adam"], ["mia"]]


def test_of_very_many_unknown_users_the_text_names_the_first(web: FlaskClient) -> None:
    """The `errors` name all."""
    users = [f"nobody-{number}" for number in range(50)]
    told = problem(web.post(SEARCH, json={"usernames": users, "pattern": "x"}), 404, "unknown-user")
    assert names_in(told["detail"]) == users[:10]
    assert told["detail"].endswith("; and 40 more")
    assert [names_in(error["detail"]) for error in told["errors"]] == [[user] for user in users]
