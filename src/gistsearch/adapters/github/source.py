"""The gist source and the member source port, implemented by GitHub."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Generator, Sequence

from gistsearch.adapters.github.authorities import Authorities
from gistsearch.adapters.github.client import Client
from gistsearch.adapters.github.content import Content, InlineContent, raw_refusal
from gistsearch.adapters.github.failures import api_refusal
from gistsearch.adapters.github.listing import list_gists
from gistsearch.adapters.github.members import list_members
from gistsearch.adapters.github.observers import Observe, Unobserved
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.pages import PAGES_AT_ONCE, Pages
from gistsearch.adapters.github.proxies import Proxies
from gistsearch.adapters.github.rate_limit_state import RateLimitState
from gistsearch.adapters.github.slots import Slots
from gistsearch.adapters.github.transport import Network
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile, GistSource, ListingPage
from gistsearch.ports.members import MemberSource

API_PAUSE_S = 60.0
"""How long the API is left alone if it does not say how long ("wait for at least one minute")."""
RAW_PAUSE_S = 1.0
"""The same for the raw host, which answers 429 for a moment now and then."""

_API_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_API_URL = re.compile(r"([^/]+//[^/]+)((?:/[A-Za-z0-9._~-]+)*)/?")
_TOKEN = re.compile(r"[!-~]+")
_USER_AGENT = re.compile(r"[!-~]+(?: [!-~]+)*")

_log = logging.getLogger(__name__)


class GitHubGists(GistSource, MemberSource):
    """Gists of github.com, or of a GitHub Enterprise Server.

    Listings come from the API, content from the raw host by the addresses that the listing gives. So a search costs one
    API request per hundred gists, and a list of members one per hundred members.
    """

    def __init__(
        self,
        api_url: str = "https://api.github.com",
        raw_origins: Collection[str] = ("https://gist.githubusercontent.com",),
        token: str | None = None,
        *,
        tokens: Collection[str] = (),
        user_agent: str = "gistsearch",
        concurrency: int = 32,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 15,
        max_wait_s: float = 10,
        first_pause_s: float = 0.5,
        proxies: Proxies | None = None,
        ca_file: str | None = None,
        observe: Observe | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        """
        Args:
            api_url: where the API is: `https://HOST/api/v3` on Enterprise Server.
            raw_origins: where content may come from; anything else is forbidden.
            token: sent to the API's origin alone.
            tokens: further ones. Each request is sent with the one that has most left of its hourly limit.
            user_agent: what requests call themselves; GitHub refuses those that don't.
            concurrency: the most files that are open at once, for all searches together.
            connect_timeout_s: for looking up a name and for TCP, and again for TLS.
            read_timeout_s: how long the other side may be silent, and how long the head of an answer may take.
            max_wait_s: the longest pause for a rate limit; a longer one is reported at once.
            first_pause_s: the longest pause after a first failure; it doubles after each further one.
            proxies: those to use; none by default.
            ca_file: a file (PEM) of authorities to trust besides the system's.
            observe: makes observers of the traffic with the `api` and with the `raw` hosts.
            warn: takes a message when a token is set aside because GitHub refuses it; None: it is logged.

        Raises:
            ValueError: an address is none, a token or the user agent contains a character that neither can, a token
                would pass a proxy in the clear, or `concurrency` is below 1.
            OSError: `ca_file` can't be read.
        """
        observe = observe or (lambda _: Unobserved())
        if concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        api, base_path = _api(api_url)
        raw = [Origin.parse(origin) for origin in raw_origins]
        network = Network(Authorities(ca_file), proxies or Proxies(), connect_timeout_s, read_timeout_s)
        every = _checked([*tokens] if token is None else [token, *tokens])
        if every and api.scheme == "http" and network.proxies.leading_to(api):
            raise ValueError("the API's address must be https if there is a token and a proxy, which would see it")
        remedy = "" if every else "; a token raises it (GISTSEARCH_GITHUB_TOKEN)"
        api_limits = RateLimitState(
            str(api), PAGES_AT_ONCE, API_PAUSE_S, max_wait_s, every, remedy, warn or _log.warning
        )
        raw_limits = RateLimitState(", ".join(map(str, raw)), concurrency, RAW_PAUSE_S, max_wait_s)
        headers = _headers(user_agent)
        self._api = Client([api], headers | _API_HEADERS, network, api_limits, api_refusal, observe("api"))
        self._raw = Client(raw, headers, network, raw_limits, raw_refusal, observe("raw"))
        self._pages = Pages(self._api, f"{api}{base_path}", first_pause_s)
        inline = InlineContent(self._api, f"{api}{base_path}") if every else None
        self._content = Content(self._raw, inline, Slots(concurrency), first_pause_s)

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        return list_gists(self._pages, username, deadline, known)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        return self._content.stream(file, deadline)

    def list_members(self, organization: str, deadline: Deadline) -> Generator[str, None, None]:
        return list_members(self._pages, organization, deadline)

    def close(self) -> None:
        """Close all connections: the idle ones now, the others when they are done."""
        self._pages.close()
        self._api.close()
        self._raw.close()


def _api(url: str) -> tuple[Origin, str]:
    match = _API_URL.fullmatch(url)
    if match is None:
        raise ValueError("the API's address looks like https://HOST or https://HOST/api/v3")
    return Origin.parse(match[1]), match[2]


def _headers(user_agent: str) -> dict[str, str]:
    if not _USER_AGENT.fullmatch(user_agent):
        raise ValueError("the user agent is empty, or contains a character that no header may contain")
    return {"User-Agent": user_agent, "Accept-Encoding": "identity"}


def _checked(tokens: Sequence[str]) -> list[str]:
    """Return each token once."""
    if not all(map(_TOKEN.fullmatch, tokens)):
        raise ValueError("a token is empty, or contains a character that no token contains")  # which is secret
    return list(dict.fromkeys(tokens))
