"""One line in the log for each request, written when its answer has been sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial

from flask import Response, g, request

from gistsearch.adapters.web.request_context import RequestContext, current

MAX_LOGGED_CHARACTERS = 200
"""The longest path, pattern or name that is logged whole."""
MAX_LOGGED_USERS = 10

_PROBES = frozenset({"/ping", "/livez", "/healthz", "/readyz", "/metrics"})
"""Asked for by machines every few seconds."""

_log = logging.getLogger(__name__)


def log_when_sent(response: Response) -> Response:
    """Have the current request logged when its answer is closed."""
    fields = logged_fields()
    fields |= {
        "method": shorten(request.method),
        "path": shorten(request.path),  # without the query, which is logged as the search that it asks for
        "status": response.status_code,
        "client": g.get("client") or request.remote_addr,
    }
    response.call_on_close(partial(_write, current(), fields))
    return response


def logged_fields() -> dict[str, object]:
    """Return what the log will say of the current request. More may be added until the answer is closed."""
    return g.setdefault("logged_fields", {})


def shorten(text: str) -> str:
    """Cut a text that a client sent to a length for logs."""
    return text if len(text) <= MAX_LOGGED_CHARACTERS else text[:MAX_LOGGED_CHARACTERS] + "…"


def shorten_list(names: Sequence[str]) -> tuple[str, ...]:
    """Cut a list of names that a client sent to a length for logs."""
    more = len(names) - MAX_LOGGED_USERS
    shown = (shorten(name) for name in names[:MAX_LOGGED_USERS])
    return (*shown, f"… {more} more") if more > 0 else tuple(shown)


def _write(context: RequestContext, fields: dict[str, object]) -> None:
    duration_s = round(time.monotonic() - context.began_s, 3)
    failed = fields["status"] in range(500, 600)
    level = logging.DEBUG if fields["path"] in _PROBES else logging.WARNING if failed else logging.INFO
    _log.log(level, "request", extra={"fields": {**fields, "duration_s": duration_s, **context.fields()}})
