# pyright: basic
"""No request that the OpenAPI document allows, or nearly allows, leads to an answer that it does not describe."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from tests.fakes import InlineExecutor

GISTS = InMemoryGists({name: [MemoryGist({"a.py": b"a needle\n0\n\0"})] for name in ("octo", "0", "00")})
"""Gists of users that a generator of examples thinks of."""


def no_failure(context, response, case):
    """Check that the service does not fail. A search that asks for hardly any time may run out of it."""
    asked = case.body if isinstance(case.body, dict) else case.query
    if response.status_code != 504 or float(asked["timeout_s"]) > 1:
        return not_a_server_error(context, response, case)
    return None


# Not that well-formed requests are accepted: RE2 may refuse a pattern, and a language may be unknown.
CHECKS = [
    no_failure,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]

API = schemathesis.openapi.from_wsgi("/openapi.json", create_app(SearchGists(GISTS, Re2Compiler(), InlineExecutor())))


@API.parametrize()
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_every_answer_is_described(case: schemathesis.Case) -> None:
    """By its status, its media type and its schema."""
    case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"})
