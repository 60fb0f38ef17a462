"""Addresses: which may be asked, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from gistsearch.ports.gists import ForbiddenOrigin

DEFAULT_PORTS = {"http": 80, "https": 443}

# Only what cannot be read in two ways: no user-info, no backslash, no white space or control character, no fragment.
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^/?@\\]+)(/[!-\"$-\[\]-~]*)", re.IGNORECASE)
_BLOB_ID = re.compile(r"/raw/([0-9a-f]{40})/")


@frozen(cache_hash=True)  # It is looked up for each request.
class Origin:
    """A scheme, a host and a port (RFC 6454)."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without its brackets."""
    port: int

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read `https://HOST` or `https://HOST:PORT`.

        Raises:
            ValueError: it is anything else.
        """
        match = _ORIGIN.fullmatch(text)
        if match is None:  # The text is not told: it may hold somebody's password.
            raise ValueError("an origin looks like https://HOST or https://HOST:PORT")
        scheme, host = match[1].lower(), match[2].lower().strip("[]")
        port = int(match[3] or DEFAULT_PORTS[scheme])
        if not 0 < port < 1 << 16:
            raise ValueError("an origin's port lies between 1 and 65535")
        try:
            host.encode("idna")  # as connecting does
        except UnicodeError as error:
            raise ValueError("an origin's host has labels of 1 to 63 characters") from error
        return cls(scheme, host, port)

    @property
    def netloc(self) -> str:
        """The host, with the port where it is not the scheme's own, as the `Host` header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@frozen
class Address:
    """Where a request goes."""

    origin: Origin
    target: str
    """Path and query, as they are sent."""

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


class AllowedOrigins:
    """The origins that an operator allows. An address is read by comparing it with them; nothing else is understood."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        self._origins: dict[str, Origin] = {}
        for origin in origins:
            self._origins[str(origin)] = origin
            if origin.port == DEFAULT_PORTS[origin.scheme]:
                self._origins[f"{origin}:{origin.port}"] = origin

    def address(self, url: str) -> Address:
        """Read an address.

        Raises:
            ForbiddenOrigin: it is none, or it lies outside.
        """
        match = _ADDRESS.fullmatch(url)
        origin = self._origins.get(match[1].lower()) if match else None
        if match is None or origin is None:
            raise ForbiddenOrigin("the address lies outside the origins that are allowed")
        return Address(origin, match[2])


def blob_id_of(raw_url: str) -> str | None:
    """Return the git blob id in a raw address (`…/USER/ID/raw/BLOB/NAME`), or None where there is none."""
    match = _BLOB_ID.search(raw_url)
    return match[1] if match else None
