"""What went wrong on the way to a host, in words."""

from __future__ import annotations

import re
import ssl
from http.client import HTTPException
from typing import cast

from urllib3.exceptions import HTTPError, ProxyError, ReadTimeoutError

from gistsearch.adapters.github.connecting import ConnectFailed
from gistsearch.adapters.github.json_bodies import json_object
from gistsearch.adapters.github.proxies import Proxy
from gistsearch.adapters.github.retries import RetryableError
from gistsearch.ports.gists import AccessForbidden, ContentGone, SourceError, SourceUnavailable

WIRE_ERRORS = (HTTPError, HTTPException, OSError)
"""What urllib3, http.client and sockets raise if a connection fails or the other side sends nonsense."""
MAX_QUOTE = 200
"""How many characters of a stranger's message are quoted."""

_WRONG_NAME = {62, 64}  # OpenSSL: X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_NOT_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"}
_REFUSALS = {404: ContentGone, 410: ContentGone, 451: AccessForbidden}
_TUNNEL = re.compile(r"Tunnel connection failed: (.*)", re.DOTALL)  # http.client's words


class HostUnreachable(SourceUnavailable):
    """Indicates that no connection to the host can be made."""


class CredentialsRefused(AccessForbidden):
    """Indicates that the API refuses a request as it refuses those of a bad token; it may take another token."""

    def __init__(self, message: str, status: int = 401) -> None:
        """
        Args:
            message: what happened, for users.
            status: 401 if the token is certainly the reason, or 403.
        """
        super().__init__(message)
        self.status = status


def quoted(text: str) -> str:
    """Return a stranger's message on one line, bounded, with its control characters escaped."""
    cut = text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def api_refusal(origin: object, status: int, body: bytes) -> SourceError:
    """Return the error for a refusal of the API, in GitHub's words if there are any."""
    message = json_object(body).get("message")
    words = f"{origin} answered with status {status}"
    if isinstance(message, str):
        words = f"{words}: {quoted(message)}"
    elif status in (404, 410):
        remedy = "on GitHub Enterprise Server it ends in /api/v3 (GISTSEARCH_GITHUB_API_URL)"
        return SourceUnavailable(f"{words}, but not as GitHub's API does; check its address: {remedy}")
    if status == 401:
        return CredentialsRefused(
            f"{words} (check the token in GISTSEARCH_GITHUB_TOKEN or GISTSEARCH_GITHUB_TOKENS)", status
        )
    if status == 403:
        return CredentialsRefused(words, status)
    return _REFUSALS.get(status, SourceUnavailable)(words)


def explained(error: Exception, origin: object, proxy: Proxy | None) -> RetryableError | SourceUnavailable:
    """Return what to raise for one of `WIRE_ERRORS`: a `RetryableError` if another try may help.

    Args:
        error: as it was raised.
        origin: where the request was to go.
        proxy: through which it went.
    """
    host = f"{origin} (through the proxy {proxy.url})" if proxy else str(origin)
    if isinstance(error, ProxyError) and proxy:
        error, host = error.original_error, f"the proxy {proxy.url} for {origin}"
    causes = cast("list[object]", [error, *error.args, error.__cause__])
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(host, cause)
        if isinstance(cause, ConnectFailed):
            return RetryableError(HostUnreachable(f"{host} {cause}"))
        if isinstance(cause, OSError) and (tunnel := _TUNNEL.fullmatch(str(cause))):
            return RetryableError(HostUnreachable(f"{host} refuses the connection: {quoted(tunnel[1])}"))
    reason = "broke the connection" if any(isinstance(cause, ConnectionError) for cause in causes) else ""
    reason = "did not answer in time" if isinstance(error, ReadTimeoutError) else reason
    return RetryableError(SourceUnavailable(f"{host} {reason or 'gave no proper answer'}"))


def _tls_failure(host: str, error: ssl.SSLError) -> RetryableError | SourceUnavailable:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = quoted(error.verify_message)
        if error.verify_code in _WRONG_NAME:
            return HostUnreachable(f"the certificate of {host} is for another name: {reason}")
        remedy = "if you trust it, let SSL_CERT_FILE name a file with the certificate of its authority"
        return HostUnreachable(f"the certificate of {host} is not trusted: {reason}; {remedy}")
    if error.reason in _NOT_TLS:
        return HostUnreachable(f"{host} does not speak TLS")
    return RetryableError(HostUnreachable(f"{host} broke the TLS connection: {quoted(error.reason or str(error))}"))
