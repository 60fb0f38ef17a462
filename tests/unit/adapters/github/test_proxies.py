"""Which proxy leads where."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.proxies import Proxies, Proxy

SECRET = "pa55word"


@pytest.mark.parametrize(
    ("text", "url", "credentials"),
    [
        ("http://proxy:3128", "http://proxy:3128", None),
        ("proxy:3128", "http://proxy:3128", None),
        ("HTTPS://Proxy.Example:8443/", "https://proxy.example:8443", None),
        ("proxy", "http://proxy:1080", None),  # curl's default
        ("https://proxy", "https://proxy:443", None),
        ("http://[::1]:3128", "http://[::1]:3128", None),
        ("http://octo:pa%3A55@proxy:1", "http://proxy:1", "octo:pa:55"),
    ],
)
def test_proxy_is_read_as_curl_reads_it(text: str, url: str, credentials: str | None) -> None:
    """The credentials are kept apart, and are not shown."""
    proxy = Proxy.parse(text)
    assert (proxy.url, proxy.credentials) == (url, credentials)
    assert "octo" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    [
        "socks5://proxy:1080",
        "http://",
        "http://proxy:0",
        "http://proxy:65536",
        "http://proxy:port",
        "http://proxy/path",
        "http://pro xy",
        f"http://octo:{SECRET}@proxy\n",
        f"ftp://octo:{SECRET}@proxy",
    ],
)
def test_text_that_is_not_a_proxy_is_refused_and_not_quoted(text: str) -> None:
    """It may contain a password."""
    with pytest.raises(ValueError, match="a proxy looks like") as raised:
        Proxy.parse(text)
    assert SECRET not in str(raised.value)


def test_scheme_of_the_origin_decides() -> None:
    """Without one for the scheme, there is none."""
    proxy = Proxy.parse("http://proxy:3128")
    assert Proxies(https=proxy).leading_to(Origin.parse("https://api.github.com")) is proxy
    assert Proxies(https=proxy).leading_to(Origin.parse("http://api.github.com")) is None
    assert Proxies(http=proxy).leading_to(Origin.parse("http://api.github.com")) is proxy
    assert Proxies().leading_to(Origin.parse("https://api.github.com")) is None


@pytest.mark.parametrize(
    ("exceptions", "origin", "direct"),
    [
        ("", "https://api.github.com", False),
        (" , ", "https://api.github.com", False),
        ("*", "https://api.github.com", True),
        (" * ", "https://api.github.com", True),
        ("*.github.com", "https://api.github.com", False),  # no wildcards but `*` alone
        ("api.github.com", "https://api.github.com", True),
        ("API.GitHub.com", "https://api.github.com", True),
        ("github.com", "https://api.github.com", True),
        (".github.com", "https://api.github.com", True),
        ("github.com.", "https://api.github.com", True),
        ("github.com", "https://notgithub.com", False),
        ("api.github.com", "https://github.com", False),
        ("example.com, localhost 10.0.0.0/8", "https://localhost:8443", True),
        ("example.com, localhost 10.0.0.0/8", "https://10.1.2.3", True),
        ("example.com, localhost 10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("[2001:db8::1]", "https://[2001:db8::1]", True),
        ("2001:db8::/32", "https://[2001:db8::1]", True),
        ("2001:db8::/32", "https://10.1.2.3", False),
        ("10.0.0.0/8", "https://10.example", False),
    ],
)
def test_exceptions_are_read_as_curl_reads_them(exceptions: str, origin: str, direct: bool) -> None:
    """Hosts, domains, addresses and networks."""
    proxies = Proxies(https=Proxy.parse("http://proxy:3128"), exceptions=exceptions)
    assert (proxies.leading_to(Origin.parse(origin)) is None) == direct
