"""Who sends a request: the client that limits apply to, and whether it may."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable

from flask import Request

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import UNAUTHORIZED

IPV6_PREFIX_LENGTH = 64
"""The part of an IPv6 address that identifies a client: one customer usually has all addresses that share it."""


class Clients:
    """Tells clients apart, and checks their API keys."""

    def __init__(self, api_keys: Iterable[str] = ()) -> None:
        """
        Args:
            api_keys: the keys that are accepted. If there are none, no key is needed.
        """
        self._digests = [_digest(key) for key in api_keys]

    def identify(self, request: Request) -> str:
        """Return what identifies the client in limits and logs: its key, shortened beyond recognition, or its address.

        Raises:
            Refused: keys are needed, and the request has none that is accepted.
        """
        if not self._digests:
            return _address_block(request.remote_addr or "")
        authorization = request.authorization
        token = authorization.token if authorization and authorization.type == "bearer" else None
        if not token:
            raise _unauthorized("The request has no API key.")
        digest = _digest(token)
        # All are compared, each in constant time, so that the time taken says nothing about any of them.
        if not sum(hmac.compare_digest(digest, known) for known in self._digests):
            raise _unauthorized("The API key is not valid.")
        return f"key-{digest.hex()[:12]}"


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


def _unauthorized(detail: str) -> Refused:
    return Refused(Problem(UNAUTHORIZED, detail), {"WWW-Authenticate": 'Bearer realm="gistsearch"'})


def _address_block(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # A proxy may put anything there.
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX_LENGTH), strict=False))
