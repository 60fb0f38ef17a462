"""Any request at all is answered, or refused with a problem; none crashes the service."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.faces.web_fixtures import LISTED, SEARCH, client, one_gist

WEB = client(one_gist())

FIELDS = [
    "username",
    "usernames",
    "pattern",
    "ignore_case",
    "fixed_strings",
    "word",
    "multiline",
    "text",
    "files",
    "languages",
    "detail",
    "context",
    "max_lines_per_file",
    "timeout_s",
]

any_text = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from(["octo", "lines", "1"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4), max_leaves=8
)
requests = st.dictionaries(st.sampled_from(FIELDS) | any_text, values, max_size=6)


def check(response: TestResponse, *statuses: int) -> None:
    assert response.status_code in statuses, response.text
    told = json.loads(response.data.decode())
    if response.status_code == 200:
        assert response.content_type == "application/json"
        assert set(told) >= {"status", "pattern", "matches"}
    else:
        assert response.content_type == "application/problem+json"
        assert told["status"] == response.status_code


def send(body: bytes) -> TestResponse:
    return WEB.post(SEARCH, data=body, content_type="application/json")


@given(st.binary(max_size=200))
def test_any_bytes_as_a_body(body: bytes) -> None:
    check(send(body), 400, 422)


@given(values)
def test_any_json_as_a_body(body: Any) -> None:
    check(send(json.dumps(body).encode()), 400, 422)


@given(requests, st.booleans())
def test_any_values_of_fields(fields: dict[str, Any], escaped: bool) -> None:
    """Beside good ones or instead of them, in ASCII or not."""
    body = json.dumps(LISTED | fields, ensure_ascii=escaped).encode(errors="surrogatepass")
    check(send(body), 200, 400, 404, 422)


@given(any_text.filter(bool))
def test_any_pattern(pattern: str) -> None:
    check(WEB.post(SEARCH, json=LISTED | {"pattern": pattern, "detail": "lines"}), 200, 422)


@given(st.binary(max_size=100))
def test_any_bytes_as_parameters(query: bytes) -> None:
    check(WEB.get(SEARCH, environ_overrides={"QUERY_STRING": query.decode("latin-1")}), 400, 422)


@given(st.lists(st.tuples(st.sampled_from([*FIELDS, "other"]), st.text(max_size=10)), max_size=4))
def test_any_values_of_parameters(parameters: list[tuple[str, str]]) -> None:
    check(WEB.get(SEARCH, query_string=dict(LISTED) | dict(parameters)), 200, 404, 422)


headers = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=40)


@given(headers, headers, headers)
def test_any_headers(accept: str, media_type: str, host: str) -> None:
    overrides = {"HTTP_ACCEPT": accept, "CONTENT_TYPE": media_type, "HTTP_HOST": host}
    check(WEB.post(SEARCH, data=json.dumps(LISTED), environ_overrides=overrides), 200, 400, 406, 415)


@given(st.text(max_size=40), st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD"]))
def test_any_path_below_the_api(path: str, method: str) -> None:
    response = WEB.open(
        "/", method=method, environ_overrides={"PATH_INFO": "/api/v1/search/" + path.encode().decode("latin-1")}
    )
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
