"""The application: which path leads where, and what every answer carries."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response

from gistsearch.adapters.web.failures import answer_failure
from gistsearch.adapters.web.pages import show_problem
from gistsearch.adapters.web.requests import MAX_BODY_BYTES
from gistsearch.adapters.web.searching import Bounds, answer_search
from gistsearch.domain.search import SearchGists
from gistsearch.wire import RequestReader


class PlainResponse(Response):
    """An answer that is HTML only where a page says so."""

    default_mimetype = "text/plain"


def create_app(search: SearchGists, *, max_timeout_s: float = 60.0, bounds: Bounds | None = None) -> Flask:
    """Make the WSGI application.

    Args:
        search: answers the searches; used by as many threads as the server has.
        max_timeout_s: the longest that a search may take, and how long it may take where a request does not say.
        bounds: how much is done at once.
    """
    app = Flask("gistsearch.adapters.web", static_folder=None)
    app.response_class = PlainResponse
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1  # The one beyond tells that a body is too long.
    app.url_map.merge_slashes = False  # Or `/api//v1` would be answered by a redirect, in HTML.
    app.add_url_rule("/ping", view_func=ping)
    app.add_url_rule(
        "/api/v1/search",
        endpoint="search",
        view_func=partial(answer_search, search, RequestReader(max_timeout_s), bounds or Bounds()),
        methods=["GET", "POST"],
    )
    app.add_url_rule("/problems/<name>", view_func=show_problem)
    app.register_error_handler(Exception, answer_failure)
    app.after_request(_add_headers)
    return app


def ping() -> Response:
    """Say that the process answers."""
    return Response("pong", mimetype="text/plain")


def _add_headers(response: Response) -> Response:
    """Let no browser guess a type, keep an answer, or run what a stranger's gist may hold."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
