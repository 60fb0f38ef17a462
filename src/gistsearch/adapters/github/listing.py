"""Walks through the pages of a user's listing, and asks for them ahead of need."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from urllib.parse import quote

from attrs import frozen

from gistsearch.adapters.github.answers import Answer
from gistsearch.adapters.github.client import Client
from gistsearch.adapters.github.links import pages_ahead
from gistsearch.adapters.github.payloads import public_gists
from gistsearch.adapters.github.retries import RetryPolicy, Transient
from gistsearch.adapters.github.sockets import SLICE_S
from gistsearch.ports.gists import ContentGone, Deadline, Gist, SourceUnavailable, UnknownUser

PAGES_AT_ONCE = 6
"""How many pages are asked for at once: 600 gists keep all file fetches busy; GitHub allows 100 requests at once."""
MOST_PAGES = 1_000
"""No listing is longer; one that seems to be leads in a circle."""
MOST_PAGE_BYTES = 16 << 20
"""No page is larger: 100 gists of 300 files each, described in half a kibibyte."""

# Looser than GitHub's rule, but nothing that a server could take for a piece of a path.
_USERNAME = re.compile(r"(?!\.+$)[^\s/\\%?#\x00-\x1f\x7f\ud800-\udfff]{1,100}")


@frozen
class Page:
    """A page of a listing."""

    gists: list[Gist]
    link_header: str | None


class Listings:
    """Fetches listings from the API."""

    def __init__(self, client: Client, api_url: str, retries: RetryPolicy) -> None:
        """
        Args:
            client: for the API's origin.
            api_url: the API's base address, without a slash at its end.
            retries: the policy.
        """
        self._client = client
        self._api_url = api_url
        self._retries = retries
        self._executor = ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="gistsearch-listing")

    def close(self) -> None:
        """Free the threads, as soon as the pages that are under way have come or their deadlines are over."""
        self._executor.shutdown(wait=False)

    def walk(self, username: str, deadline: Deadline) -> Generator[Gist, None, None]:
        """Yield a user's gists, as `GistSource.list_gists` says.

        A gist that slips to the next page during the walk is yielded once.
        """
        seen: set[str] = set()
        for page in self._pages(username, deadline):
            for gist in page.gists:
                if gist.id not in seen:
                    seen.add(gist.id)
                    yield gist

    def _pages(self, username: str, deadline: Deadline) -> Generator[Page, None, None]:
        """Yield the pages in order. The next ones are under way when one is yielded."""
        if not _USERNAME.fullmatch(username):
            raise UnknownUser("nobody can have such a user name")
        url = f"{self._api_url}/users/{quote(username, safe='')}/gists?per_page=100"
        visited = {url}
        try:
            page = self._page(url, deadline)
        except ContentGone as error:
            raise UnknownUser(f"there is no user {username!r}") from error
        under_way: deque[Future[Page]] = deque()
        ahead: Iterator[str] = iter(())
        try:
            while True:
                if not under_way:  # Nothing is known beyond this page but what it tells itself.
                    ahead = pages_ahead(page.link_header)
                for url in islice(ahead, PAGES_AT_ONCE - len(under_way)):
                    under_way.append(self._under_way(url, visited, deadline))
                yield page
                if not under_way:
                    return
                page = _awaited(under_way.popleft(), deadline)
        finally:
            for future in under_way:
                future.cancel()

    def _under_way(self, url: str, visited: set[str], deadline: Deadline) -> Future[Page]:
        """Ask for a page, in another thread; where there can't be such a page, let its turn fail."""
        if url in visited or len(visited) >= MOST_PAGES:
            future: Future[Page] = Future()
            future.set_exception(SourceUnavailable("the pages of the listing lead in a circle"))
            return future
        visited.add(url)
        return self._executor.submit(self._page, url, deadline)

    def _page(self, url: str, deadline: Deadline) -> Page:
        tries = self._retries.start(deadline)
        while True:
            try:
                with self._client.ask(url, deadline) as answer:
                    return _page_of(answer)
            except Transient as failure:
                tries.failed(failure)


def _page_of(answer: Answer) -> Page:
    if answer.is_encoded:
        raise Transient(SourceUnavailable("the listing came compressed, which was not asked for"))
    body = answer.read(MOST_PAGE_BYTES + 1)
    if len(body) > MOST_PAGE_BYTES:
        raise SourceUnavailable("a page of the listing is larger than any can be")
    try:
        return Page(public_gists(body), answer.headers.get("link"))
    except ValueError as error:
        raise Transient(SourceUnavailable(str(error))) from error


def _awaited(future: Future[Page], deadline: Deadline) -> Page:
    while not wait((future,), timeout=min(SLICE_S, deadline.remaining_s())).done:
        deadline.check()
    return future.result()
