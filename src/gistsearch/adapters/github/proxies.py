"""Which proxy leads to an origin, as curl decides it (https://everything.curl.dev/usingcurl/proxies/env.html)."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from urllib.parse import unquote

from attrs import field, frozen

from gistsearch.adapters.github.origins import Origin

_PROXY = re.compile(r"(?:(https?)://)?(?:([^@/]*)@)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 1080, "https": 443}  # curl's


@frozen
class Proxy:
    """An HTTP proxy."""

    url: str
    """Its address, without credentials."""
    credentials: str | None = field(default=None, repr=False)
    """`user:password` for basic authentication."""

    @classmethod
    def parse(cls, text: str) -> Proxy:
        """Read `[http[s]://][user:password@]host[:port]`; the credentials may be percent-encoded.

        Raises:
            ValueError: it is anything else. The message does not quote it, as it may contain a password.
        """
        match = _PROXY.fullmatch(text)
        scheme = (match[1] or "http").lower() if match else ""
        port = int(match[4] or _DEFAULT_PORTS[scheme]) if match else 0
        if match is None or not 0 < port < 1 << 16:
            socks = "SOCKS is not supported: " if text.lower().startswith("socks") else ""
            raise ValueError(f"{socks}a proxy looks like http://HOST:PORT")
        return cls(f"{scheme}://{match[3].lower()}:{port}", None if match[2] is None else unquote(match[2]))


@frozen
class Proxies:
    """The proxies to use, by the scheme of the origin."""

    http: Proxy | None = None
    https: Proxy | None = None
    exceptions: str = ""
    """What is asked directly, as in `NO_PROXY`: host names (a domain includes all hosts in it), addresses and networks
    (`10.0.0.0/8`), separated by commas or spaces; or `*` for everything."""

    def leading_to(self, origin: Origin) -> Proxy | None:
        """Return the proxy for an origin, or None if it is asked directly."""
        entries = re.split(r"[\s,]+", self.exceptions.strip().lower())
        is_exception = entries == ["*"] or any(_covers(entry, origin.host.rstrip(".")) for entry in entries)
        return None if is_exception else self.https if origin.scheme == "https" else self.http


def _covers(entry: str, host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    domain = entry.strip(".")
    return bool(domain) and f".{host}".endswith(f".{domain}")
