"""The application: which path leads where, and what every answer carries."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from gistsearch.adapters.web.access_log import log_when_sent
from gistsearch.adapters.web.clients import Clients
from gistsearch.adapters.web.compression import compress
from gistsearch.adapters.web.concurrency import ConcurrencyLimit
from gistsearch.adapters.web.error_handlers import answer_failure
from gistsearch.adapters.web.headers import CrossOriginHeaders, add_security_headers
from gistsearch.adapters.web.health import Health, ping
from gistsearch.adapters.web.lifecycle import Lifecycle
from gistsearch.adapters.web.metrics import Metrics
from gistsearch.adapters.web.openapi import answer_with, openapi_document
from gistsearch.adapters.web.options import WebOptions
from gistsearch.adapters.web.pages import show_docs, show_problem, show_style
from gistsearch.adapters.web.rate_limits import RateLimit, add_rate_limit_headers
from gistsearch.adapters.web.request_context import add_request_headers, begin_request
from gistsearch.adapters.web.request_parsing import MAX_BODY_BYTES
from gistsearch.adapters.web.search_page import SearchPage
from gistsearch.adapters.web.search_resource import SearchResource
from gistsearch.domain.search import SearchGists
from gistsearch.ports.store import GistStore
from gistsearch.wire import RequestReader
from gistsearch.wire.request import MAX_USERS


class PlainResponse(Response):
    """An answer that is HTML only where a page says so."""

    default_mimetype = "text/plain"


class WebApp(Flask):
    """The WSGI application, and the end of its work."""

    response_class = PlainResponse

    def __init__(self, lifecycle: Lifecycle) -> None:
        super().__init__("gistsearch.adapters.web", static_folder=None)
        self.lifecycle = lifecycle
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1  # One byte more tells that a body is too long.
        self.url_map.merge_slashes = False  # Or `/api//v1` would be answered with a redirect, in HTML.


def create_app(
    search: SearchGists,
    options: WebOptions | None = None,
    *,
    metrics: Metrics | None = None,
    store: GistStore | None = None,
) -> WebApp:
    """Make the WSGI application.

    Args:
        search: runs the searches; used by as many threads as the server has.
        options: what the operator decides.
        metrics: those to publish, if something else measures as well.
        store: that of the searches. While it cannot be used, the service is not ready.

    Raises:
        ValueError: an option cannot be used.
    """
    options = options or WebOptions()
    searches = ConcurrencyLimit(options.max_searches, options.max_searches_per_client)
    lifecycle = Lifecycle(lambda: searches.in_progress, search.shut_down)
    metrics = metrics or Metrics()
    rate_limit = RateLimit(options.rate_limit, options.rate_limit_storage) if options.rate_limit else None
    resource = SearchResource(
        search=search,
        reader=RequestReader(options.max_timeout_s, rate_limit.amount if rate_limit else MAX_USERS),
        clients=Clients(options.api_keys),
        rate_limit=rate_limit,
        searches=searches,
        lifecycle=lifecycle,
        metrics=metrics,
    )
    app = WebApp(lifecycle)
    _add_routes(app, resource, Health(lifecycle, store), metrics)
    description = openapi_document(resource.reader, options.version, needs_key=bool(options.api_keys))
    app.add_url_rule("/openapi.json", "openapi", partial(answer_with, description))
    app.add_url_rule("/docs", "docs", partial(show_docs, description))
    app.add_url_rule("/style.css", view_func=show_style)
    app.register_error_handler(Exception, answer_failure)
    _after_each_request(app, metrics, CrossOriginHeaders(options.cors_origins))
    if options.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=options.trusted_proxies, x_proto=0, x_host=0)
    return app


def _add_routes(app: WebApp, resource: SearchResource, health: Health, metrics: Metrics) -> None:
    app.add_url_rule("/ping", view_func=ping)
    app.add_url_rule("/livez", "livez", health.live)
    app.add_url_rule("/healthz", "healthz", health.live)
    app.add_url_rule("/readyz", "readyz", health.ready)
    app.add_url_rule("/metrics", "metrics", metrics.page)
    app.add_url_rule("/api/v1/search", "search", resource.answer, methods=["GET", "POST"])
    app.add_url_rule("/problems/<name>", view_func=show_problem)
    page = SearchPage()
    app.add_url_rule("/", "page", page.show)
    app.add_url_rule("/page/<name>", "page_file", page.show_file)


def _after_each_request(app: WebApp, metrics: Metrics, cross_origin: CrossOriginHeaders) -> None:
    app.before_request(begin_request)
    for hook in (  # Flask calls the last one first.
        log_when_sent,
        metrics.count_response,
        add_request_headers,
        add_rate_limit_headers,
        cross_origin.add,
        add_security_headers,
        compress,
    ):
        app.after_request(hook)
