"""The media types of answers to a search, and the negotiation of one."""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
MEDIA_TYPES = (JSON, NDJSON, EVENT_STREAM)
"""The types to choose from, the default first."""


def negotiate(request: Request) -> str:
    """Return the media type that the client likes best.

    Raises:
        NotAcceptable: the client accepts none of them.
    """
    # Without parameters such as charset, which would keep a type from being recognised.
    accepted = MIMEAccept((kind.partition(";")[0], quality) for kind, quality in request.accept_mimetypes)
    if not accepted:
        return JSON
    best = accepted.best_match(MEDIA_TYPES)
    if best is None:
        raise NotAcceptable
    return best
