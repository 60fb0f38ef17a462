"""The OpenAPI document says what the service does, and nothing that it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from attrs import fields
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebApp, create_app
from gistsearch.domain.search import SearchGists
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
)
from gistsearch.wire import PROBLEM_TYPES, SearchRequest
from tests.faces.test_web_routes import Page
from tests.faces.web_fixtures import LISTED, SEARCH, client, one_gist, post
from tests.fakes import InlineExecutor, ScriptedSource

SOURCE = InMemoryGists(
    {
        "octo": [
            MemoryGist({"a.py": b"x\na needle\ny\n" + b"z" * 600 + b" needle\n", "b": b"\0needle"}, "About", id="1"),
            MemoryGist({"gone": ContentGone("gone")}, id="2", files_truncated=True),
        ],
        "": [],
    }
)


def application() -> WebApp:
    return create_app(SearchGists(SOURCE, Re2Compiler(), InlineExecutor()))


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return application().test_client()


@pytest.fixture(scope="module")
def document(web: FlaskClient) -> dict[str, Any]:
    response = web.get("/openapi.json")
    assert response.content_type == "application/json"
    return json.loads(response.data)


def closed(schema: Any) -> Any:
    """Return a schema that allows no members but those that it names."""
    if isinstance(schema, list):
        return [closed(each) for each in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    members = {key: closed(value) for key, value in cast("dict[str, Any]", schema).items()}
    return {"additionalProperties": False, **members} if "properties" in members and "type" in members else members


def check(document: dict[str, Any], name: str, values: Iterable[Any]) -> None:
    """Check that values are as a schema of the document says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": closed(document["components"])}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for value in values:
        assert list(validator.iter_errors(value)) == []  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    """By the rules of OpenAPI 3.1."""
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_every_field_of_a_request_is_described(document: dict[str, Any]) -> None:
    """As a member of the body, and as a parameter."""
    names = [field.name for field in fields(SearchRequest)]
    body = document["components"]["schemas"]["SearchRequest"]
    parameters = document["paths"][SEARCH]["get"]["parameters"]
    assert list(body["properties"]) == [parameter["name"] for parameter in parameters] == names
    assert body["required"] == [parameter["name"] for parameter in parameters if parameter["required"]] == ["pattern"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"pattern": "nowhere"},
        {"languages": ["Ruby"]},
        {"detail": "counts"},
        {"detail": "lines", "context": 2, "max_lines_per_file": 1},
        {"detail": "lines", "text": True},
    ],
)
def test_answers_are_as_the_document_says(web: FlaskClient, document: dict[str, Any], fields: dict[str, Any]) -> None:
    """They have all members that are required, and no others than it names."""
    check(document, "SearchRequest", [LISTED | fields])
    check(document, "SearchAnswer", [json.loads(post(web, **fields).data)])
    several = {"usernames": ["octo", "nobody"], "pattern": "needle"} | fields
    check(document, "SearchRequest", [several])
    check(document, "SearchAnswer", [web.post(SEARCH, json=several).json])


@pytest.mark.parametrize("detail", ["gists", "counts", "lines"])
def test_events_are_as_the_document_says(web: FlaskClient, document: dict[str, Any], detail: str) -> None:
    """Of every type."""
    asked = {"usernames": ["octo", "nobody"], "pattern": "needle", "detail": detail}
    objects: list[dict[str, Any]] = []
    for languages in (["py", "Ruby"], []):
        response = web.post(SEARCH, json=asked | {"languages": languages}, headers={"Accept": "application/x-ndjson"})
        objects += [json.loads(line) for line in response.data.splitlines()]
    check(document, "Event", objects)
    assert {each["type"] for each in objects} == {"begin", "match", "skipped", "warning", "progress", "error", "end"}


@pytest.mark.parametrize(
    "request_of",
    [
        {"json": {}},
        {"json": LISTED | {"pattern": "("}},
        {"json": LISTED | {"pattern": "[b-a]"}},
        {"json": LISTED | {"username": "nobody"}},
        {"data": "nonsense", "content_type": "application/json"},
        {"data": "nonsense"},
        {"json": LISTED, "headers": {"Accept": "image/png"}},
        {"json": LISTED, "headers": {"Content-Encoding": "gzip"}},
        {"json": {"usernames": ["nobody", "none"], "pattern": "x"}},
        {"json": LISTED, "method": "DELETE"},
        {"data": b" " * 100_000, "content_type": "application/json"},
    ],
)
def test_problems_are_as_the_document_says(
    web: FlaskClient, document: dict[str, Any], request_of: dict[str, Any]
) -> None:
    """With a status and headers that it names."""
    all_of_it: dict[str, Any] = {"method": "POST"} | request_of
    response = web.open(SEARCH, **all_of_it)
    check(document, "Problem", [response.json])
    check_headers(document, response)


OF_EVERY_ANSWER = {
    *("Content-Type", "Content-Length", "Vary", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"),
    *("Cross-Origin-Resource-Policy", "Referrer-Policy", "Connection", "X-Accel-Buffering"),
}
"""Headers for browsers and proxies, which clients of the API need not know."""


def check_headers(document: dict[str, Any], response: TestResponse) -> None:
    """Check that the document names the status of an answer to a POST, and the headers that belong to it."""
    described = document["paths"][SEARCH]["post"]["responses"][str(response.status_code)]
    assert set(response.headers.keys()) - OF_EVERY_ANSWER <= set(described["headers"])


TRACE = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@pytest.mark.parametrize(
    ("options", "error", "headers", "status", "named"),
    [
        ({}, None, {"Accept": "application/x-ndjson"}, 200, set[str]()),
        ({}, None, TRACE, 200, {"traceparent"}),
        ({"api_keys": ("key",)}, None, {}, 401, {"WWW-Authenticate"}),
        ({"rate_limit": "1/minute"}, None, {}, 429, {"RateLimit", "RateLimit-Policy", "Retry-After"}),
        ({}, SourceUnavailable("no answer"), {}, 502, set[str]()),
        ({}, AccessForbidden("no"), {}, 502, set[str]()),
        ({}, SourceRateLimited("no more", 5.0, datetime(2026, 1, 1, tzinfo=UTC)), {}, 503, {"Retry-After"}),
    ],
)
def test_headers_are_as_the_document_says(
    options: dict[str, Any], error: SourceError | None, headers: dict[str, str], status: int, named: set[str]
) -> None:
    """Those of limits, keys, retries and traces, under whichever options they occur."""
    web = client(ScriptedSource({"octo": [error] if error else []}), **options)
    responses = [web.post(SEARCH, json=LISTED, headers=headers) for _ in range(2)]
    document = web.get("/openapi.json").get_json()
    assert responses[1].status_code == status
    assert named <= set(responses[1].headers.keys())
    for response in responses:
        check_headers(document, response)


def test_every_operation_describes_other_methods(document: dict[str, Any]) -> None:
    """By the status 405 and its header."""
    for operations in document["paths"].values():
        for operation in operations.values():
            assert set(operation["responses"]["405"]["headers"]) == {"X-Request-ID", "traceparent", "Allow"}


def test_every_problem_of_a_search_is_described(document: dict[str, Any]) -> None:
    """In the response with its status. Those of bodies are not of a GET."""
    by_method = {
        method: " ".join(response["description"] for response in operation["responses"].values())
        for method, operation in document["paths"][SEARCH].items()
    }
    everywhere = PROBLEM_TYPES.keys() - {"not-found", "unauthorized"}
    of_bodies = {"request-timeout", "payload-too-large", "unsupported-media-type"}
    assert all(f"`{name}`" in by_method["post"] for name in everywhere)
    assert {name for name in everywhere if f"`{name}`" not in by_method["get"]} == of_bodies


def test_a_service_with_keys_says_so() -> None:
    """So that tools that send requests ask for one."""
    document = client(one_gist(), api_keys=("key",)).get("/openapi.json").json
    assert document is not None
    for operation in document["paths"][SEARCH].values():
        assert operation["security"] == [{"key": []}]
        assert "401" in operation["responses"]
    validate(document)


def test_limits_are_those_of_the_operator() -> None:
    """The document is made for each service."""
    document = client(one_gist(), max_timeout_s=7.5, version="1.2.3").get("/openapi.json").json
    assert document is not None
    timeout = document["components"]["schemas"]["SearchRequest"]["properties"]["timeout_s"]
    assert (timeout["maximum"], timeout["default"]) == (7.5, 7.5)
    assert document["info"]["version"] == "1.2.3"


def test_the_page_shows_all_of_it(web: FlaskClient, document: dict[str, Any]) -> None:
    """Without anything from another server, and without scripts."""
    response = web.get("/docs")
    page = Page(response.text)
    for path in document["paths"]:
        assert path in page.text
    for name, schema in document["components"]["schemas"].items():
        assert name in page.text
        assert all(member in page.text for member in schema.get("properties", {}))
    for kind in PROBLEM_TYPES.values():
        assert kind.name in page.text
    assert "`" not in page.text
    assert not page.tags & {"script", "style", "img", "iframe"}
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
