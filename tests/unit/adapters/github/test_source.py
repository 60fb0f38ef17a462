"""What the GitHub source can be made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gistsearch.adapters.github import GitHubGists, Proxies, Proxy

SECRET = "pa55word"


@pytest.mark.parametrize(
    "argument",
    [
        {"concurrency": 0},
        {"user_agent": ""},
        {"user_agent": f"gistsearch\r\nX: {SECRET}"},
        {"user_agent": " gistsearch"},
        {"user_agent": "gistsearch/1 ü"},
        {"token": ""},
        {"token": f"{SECRET}\n"},
        {"token": f"{SECRET} {SECRET}"},
        {"api_url": f"https://octo:{SECRET}@api.github.com"},
        {"api_url": "https://api.github.com/../x?y"},
        {"api_url": "ftp://api.github.com"},
        {"raw_origins": [f"https://octo:{SECRET}@gist.githubusercontent.com"]},
        {"raw_origins": ["https://gist.githubusercontent.com/path"]},
        {"api_url": "http://ghe", "token": SECRET, "proxies": Proxies(http=Proxy.parse(f"http://{SECRET}@proxy"))},
    ],
)
def test_what_cannot_be_used_is_refused_and_no_secret_is_told(argument: dict[str, Any]) -> None:
    """The message may end up in a log."""
    with pytest.raises(ValueError, match=r"API|origin|token|user agent|concurrency") as raised:
        GitHubGists(**argument)
    assert SECRET not in str(raised.value)


def test_file_of_authorities_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """At once, not at the first connection."""
    with pytest.raises(OSError, match="No such file"):
        GitHubGists(ca_file=str(tmp_path / "none.pem"))
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(OSError, match=r"."):
        GitHubGists(ca_file=str(tmp_path / "empty.pem"))


def test_usual_arguments_are_taken() -> None:
    """Nothing is connected before the first request."""
    GitHubGists(token="ghp_0123456789", user_agent="gistsearch/0.1.0 (+https://example.org)", concurrency=1).close()
