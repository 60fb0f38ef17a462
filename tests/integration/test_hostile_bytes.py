"""Hostile bytes and secrets through every input and every upstream field: none gets out as what it pretends to be."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, redirect_stderr
from io import StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.logs import configure_logging
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebOptions, create_app
from gistsearch.domain.search import SearchGists
from tests.faces.web_fixtures import LISTED, SEARCH
from tests.loopback_github import Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, faults

HOSTILE = "x\r\nX-Evil: 1\r\n\r\n<script>alert(1)</script>\x1b[2J\x1b]0;x\x07\x9b1m\x00\u202e\u2028"
IN_HEADER = HOSTILE.replace("\u202e", "").replace("\u2028", "")
"""Headers are Latin-1 in WSGI."""
SECRET = "ghp_canaryThatMustNotSing"
KEY = "key-canaryThatMustNotSing"

RECORD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) [\w.]+: |    )")

# A request as keyword arguments of the client.
INPUTS: dict[str, dict[str, Any]] = {
    "username": {"json": LISTED | {"username": HOSTILE}},
    "pattern": {"json": LISTED | {"pattern": HOSTILE.replace("[", "")}},
    "invalid pattern": {"json": LISTED | {"pattern": f"({HOSTILE}"}},
    "files": {"json": LISTED | {"files": [HOSTILE]}},
    "languages": {"json": LISTED | {"languages": [HOSTILE]}},
    "detail": {"json": LISTED | {"detail": HOSTILE}},
    "name of a field": {"json": LISTED | {HOSTILE: 1}},
    "name of a parameter": {"method": "GET", "query_string": {HOSTILE: "1"}},
    "body": {"data": HOSTILE.encode(), "content_type": "application/json"},
    "path": {"method": "GET", "path": f"/{HOSTILE}"},
    "name of a problem": {"method": "GET", "path": f"/problems/{HOSTILE}"},
    "method": {"environ_overrides": {"REQUEST_METHOD": "<SCRIPT>"}},
    **{
        name: {"json": LISTED, "environ_overrides": {f"HTTP_{name.upper().replace('-', '_')}": IN_HEADER}}
        for name in (
            "Accept",
            "Accept-Encoding",
            "Authorization",
            "Host",
            "Origin",
            "Traceparent",
            "User-Agent",
            "X-Forwarded-For",
            "X-Request-ID",
        )
    },
}

MESSAGE = {"message": HOSTILE}
UPSTREAM: dict[str, tuple[str, Fault | None]] = {
    "file name, description, line": ("raw", None),
    "message of a refusal": ("api", faults.status(403, MESSAGE)),
    "message of a limit": ("api", faults.status(429, MESSAGE)),
    "message of a bad token": ("api", faults.status(401, MESSAGE)),
    "Link": ("api", faults.link_header('<http://x/\x1b[2J"<script>?page=2>; rel="next"')),
    "address of a redirect": ("api", faults.redirect("http://evil.example/\x1b[2J<script>")),
    "content of another shape": ("api", faults.other_shape_json([{"id": HOSTILE, "files": HOSTILE}])),
    "address of content": ("api", faults.changed_listing(lambda gists: _move(gists[0]))),
}


def _move(gist: dict[str, Any]) -> None:
    for file in gist["files"].values():
        file["raw_url"] = f"https://evil.example/{HOSTILE}"


@contextmanager
def log_that_is_looked_at(style: str) -> Generator[None, None, None]:
    """Log in a style, and look at what was written in the end."""
    log = StringIO()
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers.clear()  # Or they would be closed.
    with redirect_stderr(log):
        configure_logging("debug", style)
    try:
        yield
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        logging.getLogger("urllib3").setLevel(logging.NOTSET)
    written = log.getvalue()
    assert written
    assert written.isascii()
    assert written.replace("\n", "").isprintable()
    assert SECRET not in written
    assert KEY not in written
    for line in written.split("\n")[:-1]:
        assert RECORD.match(line) if style == "console" else json.loads(line), line


def look_at(response: TestResponse) -> None:
    """Check the headers and the body of an answer."""
    names = {name for name, _ in response.headers}
    text = response.get_data(as_text=True)
    response.close()
    assert response.status_code < 600
    assert response.status_code != 500
    assert "X-Evil" not in names
    assert all(value.isascii() and value.isprintable() for value in response.headers.values())
    assert response.mimetype in ("application/json", "application/problem+json", "application/x-ndjson")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "\x1b" not in text
    assert SECRET not in text + str(response.headers)
    assert KEY not in text + str(response.headers)
    for line in text.rstrip("\n").split("\n"):
        json.loads(line)


def open_web(source: GitHubGists, executor: ThreadPoolExecutor, **options: Any) -> FlaskClient:
    return create_app(SearchGists(source, Re2Compiler(), executor), WebOptions(**options)).test_client()


@pytest.fixture(scope="module")
def octo() -> Iterator[LoopbackGitHub]:
    gist = LoopbackGist([LoopbackFile(f"{HOSTILE}.py", f"needle {HOSTILE}\n".encode())], HOSTILE)
    with LoopbackGitHub({"octo": [gist]}) as github:
        yield github


@pytest.mark.parametrize("style", ["console", "json"])
@pytest.mark.parametrize("name", INPUTS)
def test_hostile_input_stays_data(octo: LoopbackGitHub, style: str, name: str) -> None:
    """In the answer, in its headers, and in the log."""
    source = GitHubGists(octo.api_url, [octo.raw_origin], SECRET, first_pause_s=0.01)
    with log_that_is_looked_at(style), closing(source), ThreadPoolExecutor(1) as executor:
        web = open_web(source, executor, api_keys=(KEY,), cors_origins=("https://app.example",), trusted_proxies=1)
        request: dict[str, Any] = {
            "method": "POST",
            "path": SEARCH,
            "headers": {"Authorization": f"Bearer {KEY}"},
        } | INPUTS[name]
        look_at(web.open(request.pop("path"), **request))


@pytest.mark.parametrize("style", ["console", "json"])
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("name", UPSTREAM)
def test_hostile_bytes_of_github_stay_data(octo: LoopbackGitHub, style: str, name: str, accept: str) -> None:
    """Whatever field of its answers they are in."""
    listener, fault = UPSTREAM[name]
    user = f"user-{list(UPSTREAM).index(name)}"
    octo.users[user] = octo.users["octo"]
    if fault:
        octo.script(listener, lambda target: user in target, fault, times=None)
    source = GitHubGists(octo.api_url, [octo.raw_origin], SECRET, first_pause_s=0.01, max_wait_s=0.1)
    with log_that_is_looked_at(style), closing(source), ThreadPoolExecutor(1) as executor:
        fields = {"username": user, "pattern": "needle", "detail": "lines", "text": True, "timeout_s": 5}
        look_at(open_web(source, executor).post(SEARCH, json=fields, headers={"Accept": accept}))
