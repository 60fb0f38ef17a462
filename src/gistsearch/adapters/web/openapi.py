"""The description of the service for machines: an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

_TEXT: Json = {"type": "string"}
_HEADERS: Json = {
    "X-Request-ID": {"description": "The id of the request, as in the service's log.", "schema": _TEXT},
    "traceparent": {"description": "The trace that the request continues, if it has one.", "schema": _TEXT},
}
"""The headers of every answer; those for browsers and proxies are left out."""
_RATE_HEADERS: Json = {
    "RateLimit-Policy": {
        "description": "The client's limit, if there is one: users (`q`) in seconds (`w`).",
        "schema": _TEXT,
    },
    "RateLimit": {
        "description": "What is left of it (`r`), and the seconds until there is more (`t`).",
        "schema": _TEXT,
    },
}
_RETRY_HEADERS: Json = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
}
_HEADERS_BY_STATUS: Mapping[int, Json] = {
    401: {"WWW-Authenticate": {"description": "How to send an API key.", "schema": _TEXT}},
    405: {"Allow": {"description": "The methods that the path allows.", "schema": _TEXT}},
    415: {
        "Accept": {"description": "The media type that is accepted, if another one was sent.", "schema": _TEXT},
        "Accept-Encoding": {"description": "The coding that is accepted, if another one was sent.", "schema": _TEXT},
    },
    429: _RETRY_HEADERS,
    503: _RETRY_HEADERS,
}
_NOT_COUNTED = (UNAUTHORIZED.status, METHOD_NOT_ALLOWED.status)
"""Statuses of requests that do not count towards a limit."""

# What the server answers before the application sees a request.
_ADDRESS_TOO_LONG: Json = {
    "414": {"description": "The address is longer than 65,534 bytes. The answer has no body."},
}
_TOO_MANY_HEADERS: Json = {
    "431": {"description": "There are more than 100 headers, or more than 400 KiB of them. The answer has no body."},
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
        "description": "A list is given by repeating its parameter. A boolean is `true` or `false` in any letter case, "
        "or `1` or `0`. Either `username` or `usernames` is needed. `HEAD` checks the request, but runs no search.",
        "parameters": [_parameter(reader, name) for name in reader.fields],
        "responses": {**_responses(has_body=False, needs_key=needs_key), **_ADDRESS_TOO_LONG, **_TOO_MANY_HEADERS},
    }
    post: Json = {
        "operationId": "searchByPost",
        "summary": "Search.",
        "requestBody": {"required": True, "content": {JSON: {"schema": ref("SearchRequest")}}},
        "responses": {**_responses(has_body=True, needs_key=needs_key), **_TOO_MANY_HEADERS},
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
            "/openapi.json": _probe("openapi", "This document.", media_type=JSON),
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
        "headers": {**_HEADERS, **_RATE_HEADERS},
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
        if kind is not NOT_FOUND and (has_body or kind not in _OF_BODIES) and (needs_key or kind is not UNAUTHORIZED)
    ]
    by_status = {kind.status: [each for each in kinds if each.status == kind.status] for kind in kinds}
    return {
        "200": found,
        **{
            str(status): _problems(each, {} if status in _NOT_COUNTED else _RATE_HEADERS)
            for status, each in sorted(by_status.items())
        },
    }


def _problems(kinds: Sequence[ProblemType], headers: Json) -> Json:
    """Return the response of problems of these types, which have the same status."""
    return {
        "description": " ".join(f"`{kind.name}`: {kind.meaning}" for kind in kinds),
        "headers": {**_HEADERS, **_HEADERS_BY_STATUS.get(kinds[0].status, {}), **headers},
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }


def _probe(operation: str, summary: str, unavailable: str | None = None, media_type: str = "text/plain") -> Json:
    schema: Json = {"type": "object" if media_type == JSON else "string"}
    answer: Json = {"headers": _HEADERS, "content": {media_type: {"schema": schema}}}
    responses: Json = {
        "200": {"description": summary, **answer},
        **({"503": {"description": unavailable, **answer}} if unavailable else {}),
        "405": _problems([METHOD_NOT_ALLOWED], {}),
        **_TOO_MANY_HEADERS,
    }
    return {"get": {"operationId": operation, "summary": summary, "responses": responses}}
