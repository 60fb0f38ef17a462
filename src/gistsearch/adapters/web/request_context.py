"""What identifies the current request in logs and traces."""

from __future__ import annotations

import secrets
import string
import time

from attrs import field, frozen
from flask import Request, Response, g, request

_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._-")
_MAX_ID_LENGTH = 128
_HEX = frozenset("0123456789abcdef")


@frozen
class Trace:
    """The place of a request in a distributed trace (https://www.w3.org/TR/trace-context/)."""

    trace_id: str
    parent_id: str
    flags: str
    span_id: str = field(factory=lambda: secrets.token_hex(8))

    @property
    def header(self) -> str:
        """The `traceparent` of what this request causes."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


@frozen
class RequestContext:
    """A request's id and trace, and when it began."""

    request_id: str
    trace: Trace | None
    began_s: float = field(factory=time.monotonic)

    def fields(self) -> dict[str, object]:
        """Return what the log says of it."""
        trace = {"trace_id": self.trace.trace_id, "span_id": self.trace.span_id} if self.trace else {}
        return {"request_id": self.request_id, **trace}

    @classmethod
    def of(cls, request: Request) -> RequestContext:
        """Read it from a request's headers. Values that are not well-formed are replaced or left out."""
        given = request.headers.get("X-Request-ID", "")
        is_well_formed = 0 < len(given) <= _MAX_ID_LENGTH and _ID_CHARACTERS.issuperset(given)
        return cls(
            given if is_well_formed else secrets.token_hex(16),
            _trace(request.headers.get("traceparent", "")),
        )


def begin_request() -> None:
    """Take note of when the current request began, and of its id."""
    current()


def current() -> RequestContext:
    """Return the context of the current request."""
    if "context" not in g:
        g.context = RequestContext.of(request)
    return g.context


def request_id() -> str:
    """Return the id of the current request."""
    return current().request_id


def add_request_headers(response: Response) -> Response:
    """Tell the client the request's id and trace."""
    context = current()
    response.headers["X-Request-ID"] = context.request_id
    if context.trace:
        response.headers["traceparent"] = context.trace.header
    return response


def _trace(header: str) -> Trace | None:
    parts = header.split("-")
    if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2]:
        return None
    version, trace_id, parent_id, flags = parts[:4]
    is_hex = _HEX.issuperset(version + trace_id + parent_id + flags)
    is_of_version = version != "ff" and (version != "00" or len(parts) == 4)
    if not is_hex or not is_of_version or not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return Trace(trace_id, parent_id, flags)
