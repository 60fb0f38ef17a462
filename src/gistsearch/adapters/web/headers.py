"""Headers that every answer carries, and those that let pages of other origins use the service."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, request

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of answers that are not meant to be looked at as pages."""

_EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
_ALLOWED = "Authorization, Content-Type, traceparent, X-Request-ID"


def add_security_headers(response: Response) -> Response:
    """Let no browser guess a type, keep an answer, or run what a gist contains."""
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _NOTHING_RUNS)
    return response


class CrossOriginHeaders:
    """Lets pages of certain other origins read answers (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

    def __init__(self, origins: Iterable[str]) -> None:
        """
        Args:
            origins: such as `https://example.org`; `*` for all.
        """
        self._origins = frozenset(origins)

    def add(self, response: Response) -> Response:
        """Add the headers that the current request's origin may have."""
        if not self._origins:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is None or not self._origins & {origin, "*"}:
            return response
        response.headers["Access-Control-Allow-Origin"] = "*" if "*" in self._origins else origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
            response.headers["Access-Control-Allow-Headers"] = _ALLOWED
            response.headers["Access-Control-Max-Age"] = "600"
        return response
