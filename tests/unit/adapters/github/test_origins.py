"""Which addresses may be asked."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github.origins import AllowedOrigins, Origin, gist_and_blob_id_of
from gistsearch.ports.gists import ForbiddenOrigin

RAW = "https://gist.githubusercontent.com"
BLOB = "0123456789abcdef0123456789abcdef01234567"

ALLOWED = AllowedOrigins(
    Origin.parse(text) for text in (RAW, "http://127.0.0.1:8080", "https://[2001:db8::1]", "https://GHE.example")
)


@pytest.mark.parametrize(
    ("text", "origin", "shown"),
    [
        (RAW, Origin("https", "gist.githubusercontent.com", 443), RAW),
        (f"{RAW}:443", Origin("https", "gist.githubusercontent.com", 443), RAW),
        ("HTTP://LocalHost:8080", Origin("http", "localhost", 8080), "http://localhost:8080"),
        ("https://[2001:DB8::1]:8443", Origin("https", "2001:db8::1", 8443), "https://[2001:db8::1]:8443"),
    ],
)
def test_origin_is_a_scheme_a_host_and_a_port(text: str, origin: Origin, shown: str) -> None:
    """The scheme's own port is left out when it is shown."""
    assert Origin.parse(text) == origin
    assert str(origin) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "github.com",
        "ftp://github.com",
        "https://",
        "https://github.com/",
        "https://github.com/path",
        "https://user@github.com",
        "https://github.com:0",
        "https://github.com:65536",
        "https://github.com:port",
        "https://gith ub.com",
        "https://github.com\n",
        "https://github..com",
        f"https://{'a' * 64}.com",
        "https://gíthub.com",
        "https://github.com\\",
    ],
)
def test_text_that_is_not_an_origin_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="an origin"):
        Origin.parse(text)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        (f"{RAW}/octo/1/raw/{BLOB}/a%20b'().py", RAW, f"/octo/1/raw/{BLOB}/a%20b'().py"),
        (f"{RAW}:443/a?b=c", RAW, "/a?b=c"),
        ("HTTPS://Gist.GitHubUserContent.com/A", RAW, "/A"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "/"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]", "/x"),
        ("https://ghe.example/x@y:z//..", "https://ghe.example", "/x@y:z//.."),
    ],
)
def test_address_within_the_origins_is_taken_as_it_is(url: str, origin: str, target: str) -> None:
    """Path and query are neither decoded nor encoded."""
    address = ALLOWED.address(url)
    assert (str(address.origin), address.target) == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/octo/1/raw",
        "//gist.githubusercontent.com/x",
        "http://gist.githubusercontent.com/x",
        f"{RAW}:444/x",
        f"{RAW}.evil.example/x",
        f"{RAW}@evil.example/x",
        "https://user@gist.githubusercontent.com/x",
        "https://user:word@gist.githubusercontent.com/x",
        "https://evil.example/gist.githubusercontent.com/",
        "https://evil.example\\@gist.githubusercontent.com/x",
        "https://evil.example#@gist.githubusercontent.com/x",
        "https://evil.example?@gist.githubusercontent.com/x",
        f"{RAW}./x",
        f"{RAW}\\x",
        f"{RAW}/x\\y",
        f"{RAW}/x y",
        f"{RAW}/x\r\nHost: evil.example",
        f"{RAW}/x\x00",
        f"{RAW}/x\x7f",
        f"{RAW}/é",
        f"{RAW}/x#fragment",
        f" {RAW}/x",
        f"{RAW}/x\n",
        RAW,
        f"{RAW}?x",
        "https://127.0.0.1/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://gist。githubusercontent。com/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_address_outside_the_origins_is_forbidden(url: str) -> None:
    """Also one that another parser could take for an address outside."""
    with pytest.raises(ForbiddenOrigin):
        ALLOWED.address(url)


@pytest.mark.parametrize(
    ("url", "gist_id", "blob_id"),
    [
        (f"{RAW}/octo/1/raw/{BLOB}/a.py", "1", BLOB),
        (f"{RAW}/octo/6b2972aa971dd605f524/raw/{BLOB}/raw/a.py", "6b2972aa971dd605f524", BLOB),
        (f"https://ghe.example/gist/octo/1/raw/{BLOB}/a.py", "1", BLOB),
        (f"{RAW}/octo/1/raw/a.py", "1", None),
        (f"{RAW}/octo/1/raw/{BLOB}", "1", None),
        (f"{RAW}/octo/1/raw/{BLOB}0/a.py", "1", None),
        (f"{RAW}/octo/1/raw/{BLOB.upper()}/a.py", "1", None),
        (f"{RAW}/octo/..%2f1/raw/{BLOB}/a.py", None, None),
        (f"{RAW}/octo/1/{BLOB}/a.py", None, None),
    ],
)
def test_ids_are_read_from_the_address(url: str, gist_id: str | None, blob_id: str | None) -> None:
    """Only if they look like ids: they become parts of other addresses."""
    assert gist_and_blob_id_of(url) == (gist_id, blob_id)
