"""Addresses: which may be asked, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from attrs import frozen

from gistsearch.ports.gists import ForbiddenOrigin

DEFAULT_PORTS = {"http": 80, "https": 443}

# Only what cannot be read in two ways: no user-info, no backslash, no white space or control character, no fragment.
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^/?@\\]+)(/[!-\"$-\[\]-~]*)", re.IGNORECASE)
# Looser than GitHub's rule for the names of accounts, but nothing that a server could take for a piece of a path.
_ACCOUNT = re.compile(r"(?!\.+$)[^\s/\\%?#\x00-\x1f\x7f\ud800-\udfff]{1,100}")
_RAW = re.compile(r"/([0-9a-f]{1,40})/raw/(?:([0-9a-f]{40})/)?")


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
            ValueError: it is anything else. The message does not quote it, as it may contain a password.
        """
        match = _ORIGIN.fullmatch(text)
        if match is None:
            raise ValueError("an origin looks like https://HOST or https://HOST:PORT")
        scheme, host = match[1].lower(), match[2].lower().strip("[]")
        port = int(match[3] or DEFAULT_PORTS[scheme])
        if not 0 < port < 1 << 16:
            raise ValueError("an origin's port is between 1 and 65535")
        try:
            host.encode("idna")  # as connecting does
        except UnicodeError as error:
            raise ValueError("an origin's host has labels of 1 to 63 characters") from error
        return cls(scheme, host, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


@frozen
class Address:
    """Where a request goes."""

    origin: Origin
    target: str
    """Path and query, as they are sent."""

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


class AllowedOrigins:
    """The origins that an operator allows. An address is compared with them; nothing else in it is interpreted."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        self._origins = {name: origin for origin in origins for name in (str(origin), _with_port(origin))}

    def address(self, url: str) -> Address:
        """Read an address.

        Raises:
            ForbiddenOrigin: it is not one, or it is outside the origins.
        """
        match = _ADDRESS.fullmatch(url)
        origin = self._origins.get(match[1].lower()) if match else None
        if match is None or origin is None:
            raise ForbiddenOrigin("the address is outside the origins that are allowed")
        return Address(origin, match[2])


def gist_and_blob_id_of(raw_url: str) -> tuple[str | None, str | None]:
    """Return the ids in a raw address (`…/USER/GIST/raw/BLOB/NAME`), None for each that is not there."""
    match = _RAW.search(raw_url)
    return (match[1], match[2]) if match else (None, None)


def path_segment(name: str) -> str | None:
    """Return the name of an account as one segment of a path, or None if no account can have such a name."""
    return quote(name, safe="") if _ACCOUNT.fullmatch(name) else None


def _with_port(origin: Origin) -> str:
    return f"{str(origin).removesuffix(f':{origin.port}')}:{origin.port}"
