"""The application over gists in memory, for tests of the HTTP entry point."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebOptions, create_app
from gistsearch.domain.search import SearchGists
from gistsearch.ports.gists import GistSource, SourceError
from tests.fakes import InlineExecutor, ScriptedSource

SEARCH = "/api/v1/search"

LISTED: dict[str, Any] = {"username": "octo", "pattern": "needle"}
"""The fields of a search that any of the sources here can answer."""


def one_gist() -> GistSource:
    """Return a source with one gist of one user that contains the pattern of `LISTED`."""
    return InMemoryGists({"octo": [MemoryGist({"a": b"needle\nneedle 2\n"}, id="1")]})


def client(source: GistSource, **options: Any) -> FlaskClient:
    """Return a client of the application over a source. Searches run in the caller's thread."""
    search = SearchGists(source, Re2Compiler(), InlineExecutor())
    return create_app(search, WebOptions(**options)).test_client()


def failing(error: SourceError) -> FlaskClient:
    """Return a client of the application over a source whose listings fail."""
    return client(ScriptedSource({"octo": [error]}))


def post(web: FlaskClient, **fields: Any) -> TestResponse:
    """Search by a JSON body; the fields of `LISTED` are given unless others are."""
    return web.post(SEARCH, json=LISTED | fields)


def answered(response: TestResponse) -> dict[str, Any]:
    """Return the object of a successful answer."""
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    assert response.data.endswith(b"\n")
    return json.loads(response.data)


def streamed(response: TestResponse) -> list[dict[str, Any]]:
    """Return the objects of a successful answer in newline-delimited JSON."""
    assert response.status_code == 200, response.text
    assert response.content_type == "application/x-ndjson"
    assert response.data.endswith(b"\n")
    return [json.loads(line) for line in response.data.splitlines()]


def of_type(objects: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return the objects of a stream that have this type."""
    return [each for each in objects if each["type"] == name]


def problem(response: TestResponse, status: int, name: str) -> dict[str, Any]:
    """Return the object of a problem, having checked everything that every problem has."""
    assert response.content_type == "application/problem+json", response.text
    told = json.loads(response.data)
    assert (response.status_code, told["status"], told["type"]) == (status, status, f"/problems/{name}")
    assert told["title"]
    assert told["detail"]
    assert told["instance"] == response.headers["X-Request-ID"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.data.endswith(b"\n")
    return told


def pointers(told: dict[str, Any]) -> list[str]:
    """Return what a problem's errors point at."""
    assert all(set(error) == {"pointer", "detail"} for error in told["errors"])
    return [error["pointer"] for error in told["errors"]]
