"""Everything around the search: health, unknown paths, methods, headers, and the pages that explain problems."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.memory import InMemoryGists
from gistsearch.wire import PROBLEM_TYPES
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, one_gist, post, problem

HEADERS = {
    "Content-Type",
    "Content-Length",
    "X-Content-Type-Options",
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "Vary",
    "X-Request-ID",
}
"""The headers of every answer."""
CONTRACT = {
    ("malformed-request", 400),
    ("unauthorized", 401),
    ("unknown-user", 404),
    ("not-found", 404),
    ("method-not-allowed", 405),
    ("not-acceptable", 406),
    ("request-timeout", 408),
    ("payload-too-large", 413),
    ("too-many-requests", 429),
    ("unsupported-media-type", 415),
    ("invalid-request", 422),
    ("invalid-pattern", 422),
    ("internal-error", 500),
    ("upstream-failed", 502),
    ("upstream-refused", 502),
    ("shutting-down", 503),
    ("upstream-rate-limited", 503),
    ("deadline-exceeded", 504),
}


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(one_gist())


def test_ping_answers_pong(web: FlaskClient) -> None:
    response = web.get("/ping")
    assert (response.status_code, response.mimetype, response.data) == (200, "text/plain", b"pong")


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/page",
        "/page/",
        "/page/index.html",
        "/page/nothing.js",
        "/page/..%2fapp.py",
        "/api",
        "/api/v1",
        "/api/v1/search/",
        "/api//v1/search",
        "/api/v1/search/octo",
        "/api/v2/search",
        "/API/v1/search",
        "/ping/",
        "/static/x",
        "/problems",
        "/problems/",
        "/problems/no-such-thing",
        "/problems/invalid-request/",
        "/problems/%3Cscript%3E",
        "/%ff%fe",
        "/%0d%0aX-Evil:%201",
        "/..%2f..%2fetc%2fpasswd",
    ],
)
def test_a_path_that_leads_nowhere_is_a_problem(web: FlaskClient, path: str) -> None:
    response = web.get(path)
    problem(response, 404, "not-found")
    assert "script" not in response.text


@pytest.mark.parametrize("path", ["//ping", "///ping"])
def test_slashes_at_the_beginning_are_as_good_as_one_and_no_reason_to_redirect(web: FlaskClient, path: str) -> None:
    assert web.get("/", environ_overrides={"PATH_INFO": path}).data == b"pong"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SEARCH, "GET, HEAD, OPTIONS, POST"),
        ("/ping", "GET, HEAD, OPTIONS"),
        ("/problems/not-found", "GET, HEAD, OPTIONS"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_another_method_is_refused_with_those_that_are_allowed(
    web: FlaskClient, path: str, allowed: str, method: str
) -> None:
    response = web.open(path, environ_overrides={"REQUEST_METHOD": method})
    problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == allowed


def test_options_names_the_methods_and_has_no_body(web: FlaskClient) -> None:
    response = web.options(SEARCH)
    assert (response.status_code, response.mimetype, response.data) == (200, "text/plain", b"")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_problem_answers_a_head_request_without_its_body(web: FlaskClient) -> None:
    same_id = {"X-Request-ID": "x"}
    head, get = web.head("/api/nothing", headers=same_id), web.get("/api/nothing", headers=same_id)
    assert head.data == b""
    assert (head.status, head.headers) == (get.status, get.headers)


def test_the_names_and_statuses_of_problems_are_those_of_the_contract() -> None:
    assert {(name, kind.status) for name, kind in PROBLEM_TYPES.items()} == CONTRACT


class Page(HTMLParser):
    """Collects the text and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not {name for name, _ in attrs} & {"style", "src", "onclick"}
        assert all(value and value[0] in "/#" and value[:2] != "//" for name, value in attrs if name == "href")


@pytest.mark.parametrize("name", PROBLEM_TYPES)
def test_the_type_of_each_problem_leads_to_a_page_that_explains_it(web: FlaskClient, name: str) -> None:
    kind = PROBLEM_TYPES[name]
    response = web.get(kind.uri)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    page = Page(response.text)
    for said in (kind.name, str(kind.status), kind.title, kind.meaning, kind.advice):
        assert said.replace("`", "") in page.text
    assert not page.tags & {"script", "style", "img", "iframe"}


@pytest.mark.parametrize("path", ["/ping", SEARCH, "/problems/not-found", "/docs", "/metrics", "/nothing"])
def test_every_answer_has_the_same_strict_headers(web: FlaskClient, path: str) -> None:
    response = web.get(path, query_string=LISTED)
    assert set(response.headers.keys()) == HEADERS
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    policy = response.headers["Content-Security-Policy"].replace("style-src 'self'; ", "")
    assert policy == "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/livez",
        "/readyz",
        "/problems/not-found",
        "/style.css",
        "/nothing",
        SEARCH,
    ],
)
def test_every_answer_ends_with_a_line_feed(web: FlaskClient, path: str) -> None:
    """For terminals, where the prompt comes next. Only `/ping` answers exactly what it is asked for."""
    data = web.get(path, query_string=LISTED if path == SEARCH else None).data
    assert data.endswith(b"\n")
    assert not data.endswith(b"\n\n")


def test_pages_have_a_style_sheet_of_their_own(web: FlaskClient) -> None:
    """Nothing else may style them."""
    response = web.get("/style.css")
    assert (response.status_code, response.mimetype) == (200, "text/css")
    assert "style-src 'self';" in web.get("/problems/not-found").headers["Content-Security-Policy"]


@pytest.mark.parametrize("evil", ["x\r\nX-Evil: 1", "x\nSet-Cookie: a=b", "x\x00", "\x1b]0;x\x07", "é\u2028\u202e"])
@pytest.mark.parametrize("name", ["username", "pattern", "files", "detail", "evil\r\nX-Evil"])
def test_nothing_that_a_user_gives_reaches_a_header(web: FlaskClient, name: str, evil: str) -> None:
    plain = web.get(SEARCH, query_string=LISTED)
    for response in (
        post(web, **{name: [evil] if name == "files" else evil}),
        web.get(SEARCH, query_string=LISTED | {name: evil}),
        web.get(SEARCH, query_string=LISTED, headers={"X-Request-ID": "e vil", "Origin": "https://evil.example"}),
    ):
        assert set(response.headers.keys()) == HEADERS
        fixed = HEADERS - {"Content-Type", "Content-Length", "X-Request-ID"}
        assert {key: response.headers[key] for key in fixed} == {key: plain.headers[key] for key in fixed}
        assert response.mimetype in ("application/json", "application/problem+json")


def test_control_characters_in_a_pattern_are_data(web: FlaskClient) -> None:
    response = post(web, pattern="needle\x1b?\x00?\r?")
    assert answered(response)["pattern"] == "needle\x1b?\x00?\r?"
    assert not set(response.data[:-1]) & set(range(0x20))


@pytest.mark.parametrize("host", ["", "a b", "[", "evil.example:99999", "é", "<script>"])
def test_an_odd_host_header_changes_nothing(web: FlaskClient, host: str) -> None:
    response = web.get(SEARCH, query_string=LISTED, environ_overrides={"HTTP_HOST": host})
    assert answered(response)["status"] == "success"


def test_a_host_header_without_end_is_a_problem(web: FlaskClient) -> None:
    response = web.get(SEARCH, query_string=LISTED, environ_overrides={"HTTP_HOST": "a" * 5_000})
    problem(response, 400, "malformed-request")


def test_applications_share_nothing() -> None:
    """The factory is pure: each application has its own search."""
    first, second = client(one_gist()), client(InMemoryGists({"octo": []}))
    assert answered(post(first))["matches"] == ["https://gist.github.com/octo/1"]
    assert answered(post(second))["matches"] == []
