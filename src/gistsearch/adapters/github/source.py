"""The gist source port, implemented by GitHub."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator

from gistsearch.adapters.github.client import Client
from gistsearch.adapters.github.connections import Connections
from gistsearch.adapters.github.content import Content
from gistsearch.adapters.github.listing import PAGES_AT_ONCE, Listings
from gistsearch.adapters.github.multiplexing import Multiplexer
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.retries import RetryPolicy
from gistsearch.adapters.github.sockets import tls_context
from gistsearch.ports.gists import Deadline, Gist, GistFile, MultiplexingSource, OpenedFile, W

_API_URL = re.compile(r"([^/]+//[^/]+)((?:/[A-Za-z0-9._~-]+)*)/?")
_TOKEN = re.compile(r"[!-~]+")
_USER_AGENT = re.compile(r"[!-~]+(?: [!-~]+)*")


class GitHubGists(MultiplexingSource):
    """Gists of github.com, or of a GitHub Enterprise Server.

    Listings come from the API, content from the raw host by the addresses that the listing gives. So a search costs one
    API request for each hundred gists.
    """

    def __init__(
        self,
        api_url: str = "https://api.github.com",
        raw_origins: Collection[str] = ("https://gist.githubusercontent.com",),
        token: str | None = None,
        *,
        user_agent: str = "gistsearch",
        concurrency: int = 32,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 15,
        max_wait_s: float = 10,
        first_pause_s: float = 0.5,
    ) -> None:
        """
        Args:
            api_url: where the API is: `https://HOST/api/v3` on Enterprise Server.
            raw_origins: where content may come from; anything else is forbidden.
            token: sent to the API's origin alone.
            user_agent: how requests call themselves; GitHub refuses those that don't.
            concurrency: the most connections to the raw origins.
            connect_timeout_s: for TCP and TLS together.
            read_timeout_s: how long the other side may be silent, and how long the head of an answer may take.
            max_wait_s: the longest pause for a rate limit; a longer one is reported at once.
            first_pause_s: at most so long is the pause after a first failure, twice as long after a second one.

        Raises:
            ValueError: an address is none, the token or the user agent holds what none holds, or `concurrency` is below
                1.
        """
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        if not _USER_AGENT.fullmatch(user_agent):
            raise ValueError("the user agent is empty, or holds a character that no header holds")
        api, base_path = _api(api_url)
        raw = [Origin.parse(origin) for origin in raw_origins]
        headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        tls = tls_context() if any(origin.scheme == "https" for origin in (api, *raw)) else None
        self._api_connections = Connections(PAGES_AT_ONCE, tls, connect_timeout_s=connect_timeout_s)
        self._raw_connections = Connections(concurrency, tls, connect_timeout_s=connect_timeout_s)
        waits = {"read_timeout_s": read_timeout_s, "max_wait_s": max_wait_s}
        api_client = Client([api], {**headers, **_api_headers(token)}, self._api_connections, **waits)
        raw_client = Client(raw, headers, self._raw_connections, **waits)
        retries = RetryPolicy(first_pause_s)
        self._listings = Listings(api_client, f"{api}{base_path}", retries)
        self._content = Content(raw_client, retries)
        self._multiplexer = Multiplexer(raw_client, self._raw_connections, self._content, read_timeout_s=read_timeout_s)

    def list_gists(self, username: str, deadline: Deadline) -> Generator[Gist, None, None]:
        return self._listings.walk(username, deadline)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        return self._content.stream(file, deadline)

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        return self._multiplexer.open_files(take, at_once, deadline)

    def close(self) -> None:
        """Close all connections: the idle ones now, the others as soon as they are done."""
        self._listings.close()
        self._api_connections.close()
        self._raw_connections.close()


def _api(url: str) -> tuple[Origin, str]:
    match = _API_URL.fullmatch(url)
    if match is None:
        raise ValueError("the API's address looks like https://HOST or https://HOST/api/v3")
    return Origin.parse(match[1]), match[2]


def _api_headers(token: str | None) -> dict[str, str]:
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token is not None:
        if not _TOKEN.fullmatch(token):
            raise ValueError("the token is empty, or holds a character that no token holds")  # which is not told
        headers["Authorization"] = f"Bearer {token}"
    return headers
