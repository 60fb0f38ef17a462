"""The description of the service for machines: an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import NOTHING
from flask import Response

from gistsearch.adapters.web.media_types import EVENT_STREAM, JSON, NDJSON
from gistsearch.wire import PROBLEM_TYPES, Json, RequestReader, encode
from gistsearch.wire.problem_types import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    PAYLOAD_TOO_LARGE,
    REQUEST_TIMEOUT,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)
from gistsearch.wire.schema import field_schema, ref, schemas

_OF_BODIES = (REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
_OF_OTHER_PATHS = (NOT_FOUND, METHOD_NOT_ALLOWED)

_HEADERS: Json = {
    "X-Request-ID": {"schema": {"type": "string"}, "description": "The id of the request, as in the service's log."},
}
_LIMIT_HEADERS: Json = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."},
}


def openapi_document(reader: RequestReader, version: str, *, needs_key: bool) -> Json:
    """Return the document (https://spec.openapis.org/oas/v3.1.1.html).

    Args:
        reader: knows what requests may be.
        version: of the program.
        needs_key: whether searches need an API key.
    """
    security: Json = {"security": [{"key": []}]} if needs_key else {}
    get: Json = {
        "operationId": "search",
        "summary": "Search, with the fields as query parameters.",
        "description": "A list is given by repeating its parameter. Either `username` or `usernames` is needed.",
        "parameters": [_parameter(reader, name) for name in reader.fields],
        "responses": _responses(has_body=False, needs_key=needs_key),
    }
    post: Json = {
        "operationId": "searchByPost",
        "summary": "Search.",
        "requestBody": {"required": True, "content": {JSON: {"schema": ref("SearchRequest")}}},
        "responses": _responses(has_body=True, needs_key=needs_key),
    }
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "gistsearch",
            "version": version,
            "description": "Searches every file of the public gists of GitHub users with a regular expression.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/search": {"get": {**get, **security}, "post": {**post, **security}},
            "/ping": _probe("ping", "Answers `pong`."),
            "/livez": _probe("live", "Whether the process answers."),
            "/healthz": _probe("health", "The same as `/livez`."),
            "/readyz": _probe(
                "ready", "Whether the process takes searches.", "It is about to end, or its store cannot be used."
            ),
            "/metrics": _probe("metrics", "Metrics in the text format of Prometheus."),
        },
        "components": {
            "schemas": schemas(reader),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def answer_with(document: Json) -> Response:
    """Return the document as an answer."""
    return Response(encode(document) + b"\n", mimetype=JSON)


def _parameter(reader: RequestReader, name: str) -> Json:
    schema = field_schema(reader, name)
    description = schema.pop("description")
    is_required = reader.fields[name].default is NOTHING
    return {"name": name, "in": "query", "required": is_required, "description": description, "schema": schema}


def _responses(*, has_body: bool, needs_key: bool) -> Json:
    found: Json = {
        "description": "The answer, in the form that the Accept header asks for.",
        "headers": _HEADERS,
        "content": {
            JSON: {"schema": ref("SearchAnswer")},
            NDJSON: {"schema": {"type": "string", "description": "On each line, an object as `Event` describes it."}},
            EVENT_STREAM: {
                "schema": {"type": "string", "description": "The same objects as server-sent events, named by `type`."}
            },
        },
    }
    kinds = [
        kind
        for kind in PROBLEM_TYPES.values()
        if kind not in _OF_OTHER_PATHS
        and (has_body or kind not in _OF_BODIES)
        and (needs_key or kind is not UNAUTHORIZED)
    ]
    by_status = {str(kind.status): [each for each in kinds if each.status == kind.status] for kind in kinds}
    return {"200": found, **{status: _problems(each) for status, each in sorted(by_status.items())}}


def _problems(kinds: Iterable[ProblemType]) -> Json:
    return {
        "description": " ".join(f"`{kind.name}`: {kind.meaning}" for kind in kinds),
        "headers": {**_HEADERS, **_LIMIT_HEADERS},
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }


def _probe(operation: str, summary: str, unavailable: str | None = None) -> Json:
    text: Json = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    failure: Json = {"503": {"description": unavailable, **text}} if unavailable else {}
    responses: Json = {"200": {"description": summary, **text}, **failure}
    return {"get": {"operationId": operation, "summary": summary, "responses": responses}}
