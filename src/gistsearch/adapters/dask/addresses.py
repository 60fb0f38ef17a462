"""Addresses of Dask schedulers, and how Dask itself writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from distributed.security import Security

SCHEME = "dask"


def scheduler_address(address: str) -> str:
    """Return Dask's own form of `dask://HOST:PORT`: with TLS if Dask's configuration requires it.

    Raises:
        ValueError: it has another form.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(_wrong(address)) from None
    surplus = parts.username or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme != SCHEME or not host or not port or surplus:
        raise ValueError(_wrong(address))
    security: Any = Security()  # as Dask is configured
    scheme = "tls" if security.require_encryption else "tcp"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _wrong(address: str) -> str:
    return f"{address!r} is not of the form {SCHEME}://HOST:PORT"
