"""The page's files, as browsers get them. What they do is tested in a browser: `tests/browser`."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import gistsearch.adapters.web
from gistsearch.domain.events import SkipReason
from gistsearch.wire import RequestReader
from tests.faces.web_fixtures import client, one_gist

FOLDER = Path(gistsearch.adapters.web.__file__).parent / "page"
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml; charset=utf-8",
} | {path.name: "text/javascript; charset=utf-8" for path in FOLDER.glob("*.js")}
PATHS = {name: "/" if name == "index.html" else f"/page/{name}" for name in TYPES}


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(one_gist())


@pytest.mark.parametrize("name", TYPES)
def test_each_file_has_its_type(web: FlaskClient, name: str) -> None:
    """Browsers run no module of another type, and guess none."""
    response = web.get(PATHS[name])
    assert (response.status_code, response.content_type) == (200, TYPES[name])
    assert response.data == (FOLDER / name).read_bytes()
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_every_file_of_the_folder_is_served() -> None:
    """A new kind of file would need a type."""
    assert {path.name for path in FOLDER.iterdir()} == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_a_file_is_sent_only_if_it_has_changed(web: FlaskClient, name: str) -> None:
    """A browser keeps it, and asks each time; its mark is the same for the compressed form."""
    response = web.get(PATHS[name], headers={"Accept-Encoding": "gzip"})
    content = gzip.decompress(response.data) if "Content-Encoding" in response.headers else response.data
    assert content == (FOLDER / name).read_bytes()
    assert response.headers["Cache-Control"] == "no-cache"
    again = web.get(PATHS[name], headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = web.get(PATHS[name], headers={"If-None-Match": 'W/"another"'})
    assert changed.status_code == 200


@pytest.mark.parametrize("name", TYPES)
def test_nothing_runs_but_the_page_itself(web: FlaskClient, name: str) -> None:
    """No inline script or style, no other origin, and no text that becomes markup."""
    policy = web.get(PATHS[name]).headers["Content-Security-Policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_the_page_asks_nobody_else() -> None:
    """Every address in it is relative, except those that a reader may follow."""
    for name in TYPES:
        text = (FOLDER / name).read_text("utf-8")
        addresses = set(re.findall(r"https?://[^\s\"'`)]*", text))
        assert addresses <= {"https://github.com/google/re2/wiki/Syntax", "http://www.w3.org/2000/svg"}, name


def test_the_page_preloads_every_module() -> None:
    """Else modules that import modules would be fetched one after the other."""
    html = (FOLDER / "index.html").read_text("utf-8")
    assert {f"page/{name}" for name in TYPES if name.endswith(".js")} == set(re.findall(r'"(page/\w+\.js)"', html))


def test_each_reason_is_said_in_words() -> None:
    """Those that this service can give are all known to the page."""
    words = (FOLDER / "words.js").read_text("utf-8")
    table = words.partition("const REASONS = {")[2].partition("};")[0]
    known = set(re.findall(r'^  "?([a-z-]+)"?:', table, re.MULTILINE))
    assert {reason.value for reason in SkipReason} <= known


def test_every_field_of_the_form_is_one_of_the_service() -> None:
    """The names are the same in the form, in the address and in the API."""
    html = (FOLDER / "index.html").read_text("utf-8")
    names = set(re.findall(r' name="(\w+)"', html)) - {"viewport", "description"}
    assert names <= set(RequestReader(60).fields)
    assert {"username", "pattern", "context", "files", "languages", "text", "word"} <= names
