"""Walks the pages of a user's listing, several requests at once, and works around pages that cannot be had."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from urllib.parse import quote

from attrs import evolve, frozen

from gistsearch.adapters.github.client import Answer, Client
from gistsearch.adapters.github.failures import HostUnreachable, quoted
from gistsearch.adapters.github.json_bodies import json_object
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.pagination import PageLinks
from gistsearch.adapters.github.retries import RetryableError
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ListingPage,
    SourceError,
    SourceUnavailable,
    UnknownUser,
    Unreadable,
)

PAGES_AT_ONCE = 12
"""How many pages are asked for at once: 1,000 gists, and a page more, in one round trip. GitHub allows 100 requests."""
PAGE_SIZE = 100
"""Gists on a page: GitHub's maximum."""
MIN_PAGE_SIZE = 25
"""A page that cannot be had is asked for in halves, and these again, down to this size."""
PAGE_TRIES = 2
"""How often a page is asked for before that; its parts are asked for once."""
MAX_PAGES = 1_000
"""No listing is longer."""
MAX_PAGE_BYTES = 16 << 20
"""No page is larger: 100 gists of 300 files each, described in half a kibibyte."""

# Looser than GitHub's rule, but nothing that a server could take for a piece of a path.
_USERNAME = re.compile(r"(?!\.+$)[^\s/\\%?#\x00-\x1f\x7f\ud800-\udfff]{1,100}")
_REFUSALS = {403: AccessForbidden, 404: ContentGone, 410: ContentGone, 451: AccessForbidden}


def api_refusal(origin: Origin, status: int, body: bytes) -> SourceError:
    """Return the error for a refusal of the API, in GitHub's words if there are any."""
    message = json_object(body).get("message")
    words = f"{origin} answered with status {status}"
    if isinstance(message, str):
        words = f"{words}: {quoted(message)}"
    elif status in (404, 410):
        remedy = "on GitHub Enterprise Server it ends in /api/v3 (GISTSEARCH_GITHUB_API_URL)"
        return SourceUnavailable(f"{words}, but not as GitHub's API does; check its address: {remedy}")
    if status == 401:
        return AccessForbidden(f"{words} (check the token in GISTSEARCH_GITHUB_TOKEN)")
    return _REFUSALS.get(status, SourceUnavailable)(words)


class Listings:
    """Fetches listings from the API."""

    def __init__(self, client: Client, api_url: str, first_pause_s: float) -> None:
        """
        Args:
            client: for the API's origin.
            api_url: the API's base address, without a slash at its end.
            first_pause_s: see `Attempts`.
        """
        self._client = client
        self._api_url = api_url
        self._first_pause_s = first_pause_s
        self._executor = ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="gistsearch-listing")

    def close(self) -> None:
        """Free the threads when the requests under way are over."""
        self._executor.shutdown(wait=False)

    def walk(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage]
    ) -> Generator[ListingPage, None, None]:
        """Yield the pages of a user's gists, as `GistSource.list_pages` says."""
        if not _USERNAME.fullmatch(username):
            raise UnknownUser("nobody can have such a user name")
        url = f"{self._api_url}/users/{quote(username, safe='')}/gists"
        fetcher = _PageFetcher(self._client, url, deadline, self._first_pause_s, self._executor)
        try:
            yield from _Walk(fetcher, known).pages()
        except ContentGone as error:
            raise UnknownUser(f"there is no user {username!r}") from error


@frozen
class _Fetched:
    """A page, or a part of one, as it came."""

    page: ListingPage
    last: int
    """The last page of the listing (at `PAGE_SIZE`), as far as this one tells."""
    is_beyond: bool = False
    """Whether it is beyond the end: it has no record at all, and links to no further page."""
    leads_back: bool = False
    """Whether it names itself or an earlier page as the next one."""


@frozen
class _Missing:
    """A range of gists that could not be fetched; positions from 1."""

    first: int
    last: int
    error: SourceError


@frozen
class _PageFetcher:
    """Fetches pages of one listing."""

    client: Client
    url: str
    deadline: Deadline
    first_pause_s: float
    executor: Executor

    def submit(self, number: int, size: int, tries: int, known: ListingPage | None = None) -> Future[_Fetched]:
        """Fetch a page in another thread."""
        return self.executor.submit(self._fetch, number, size, tries, known)

    def result(self, future: Future[_Fetched]) -> _Fetched:
        """Wait for a page. Raises what fetching it raised, or `DeadlineExceeded`."""
        withdraw = self.deadline.on_over(future.cancel)  # A request that has been sent ends by itself.
        try:
            return future.result()
        except CancelledError:
            self.deadline.check()
            raise
        finally:
            withdraw()

    def _fetch(self, number: int, size: int, tries: int, known: ListingPage | None) -> _Fetched:
        url = f"{self.url}?per_page={size}" + (f"&page={number}" if number > 1 else "")
        validator = known.validator if known else None
        headers = {"If-None-Match": validator[1:]} if validator else {}
        attempts = self.client.attempts(url, self.deadline, self.first_pause_s, tries)
        while True:
            try:
                answer = self.client.fetch(url, self.deadline, MAX_PAGE_BYTES, headers)
                if answer.status == 304 and known:
                    return _Fetched(known, number + _may_go_on(known))
                return _parsed(answer, number, size)
            except RetryableError as failure:
                attempts.failed(failure)


class _Walk:
    """One walk through a listing."""

    def __init__(self, fetcher: _PageFetcher, known: Sequence[ListingPage]) -> None:
        self._fetcher = fetcher
        self._known = known
        self._last = len(known) + (not known or _may_go_on(known[-1]))
        self._under_way: dict[int, Future[_Fetched]] = {}

    def pages(self) -> Generator[ListingPage, None, None]:
        number = 0
        self._ask_ahead(1)
        try:
            while number < self._last:
                number += 1
                fetched = self._page(number)
                if fetched.is_beyond and number > 1:  # The listing has become shorter, or ended with the page before.
                    continue
                self._last = max(self._last, fetched.last)
                self._ask_ahead(number + 1)
                yield fetched.page
                if fetched.leads_back or self._last > number >= MAX_PAGES:
                    raise SourceUnavailable("the pages of the listing lead in a circle")
        finally:
            for future in self._under_way.values():
                future.cancel()

    def _ask_ahead(self, first: int) -> None:
        end = first + max(PAGES_AT_ONCE, len(self._known))
        for number in range(first, min(self._last + 1, MAX_PAGES + 1, end)):
            if number not in self._under_way:
                known = self._known[number - 1] if number <= len(self._known) else None
                self._under_way[number] = self._fetcher.submit(number, PAGE_SIZE, PAGE_TRIES, known)

    def _page(self, number: int) -> _Fetched:
        """Return a page, or what can be had of it. The first one raises if there is nothing to be had."""
        try:
            return self._fetcher.result(self._under_way.pop(number))
        except SourceError as error:
            parts = self._parts(number, PAGE_SIZE, error)
            nothing = all(isinstance(part, _Missing) or part.is_beyond for part in parts)
            if number == 1 and nothing and not self._goes_on(error):
                raise
            return _joined(parts)

    def _goes_on(self, error: SourceError) -> bool:
        """Return whether there is a second page, although the first one cannot be had."""
        if not _is_worth_parting(error):
            return False
        self._last = max(self._last, 2)
        self._ask_ahead(2)
        try:
            return not self._fetcher.result(self._under_way[2]).is_beyond
        except SourceError:
            return False

    def _parts(self, number: int, size: int, error: SourceError) -> list[_Fetched | _Missing]:
        """Fetch a page that failed in two smaller ones, and these again if need be."""
        if size <= MIN_PAGE_SIZE or not _is_worth_parting(error):
            return [_Missing((number - 1) * size + 1, number * size, error)]
        parts: list[_Fetched | _Missing] = []
        futures = {half: self._fetcher.submit(half, size // 2, 1) for half in (2 * number - 1, 2 * number)}
        for half, future in futures.items():
            try:
                parts.append(self._fetcher.result(future))
            except SourceError as half_error:
                parts += self._parts(half, size // 2, half_error)
        return parts


def _is_worth_parting(error: SourceError) -> bool:
    """Return whether a page was tried again in vain, but not because the host could not be reached."""
    return isinstance(error.__cause__, RetryableError) and not isinstance(error, HostUnreachable)


def _may_go_on(page: ListingPage) -> bool:
    """Return whether there may be a page after this one. Its validator is an ETag after `+` or `-`."""
    return page.validator is not None and page.validator.startswith("+")


def _joined(parts: Sequence[_Fetched | _Missing]) -> _Fetched:
    """Return the parts of a page as one; missing ones that follow each other become one range."""
    fetched = [part for part in parts if isinstance(part, _Fetched)]
    gaps: list[_Missing] = []
    for part in parts:
        if isinstance(part, _Missing):
            if gaps and gaps[-1].last + 1 == part.first:
                part = evolve(part, first=gaps.pop().first)
            gaps.append(part)
    gists = tuple(gist for part in fetched for gist in part.page.gists)
    unreadable = [record for part in fetched for record in part.page.unreadable]
    unreadable += [Unreadable(f"gists {gap.first}–{gap.last}", gap.error) for gap in gaps]
    return _Fetched(ListingPage(gists, tuple(unreadable)), max((part.last for part in fetched), default=0))


def _parsed(answer: Answer, number: int, size: int) -> _Fetched:
    from gistsearch.adapters.github.payloads import PagePayload  # with cattrs, which unchanged pages do not need

    try:
        payload = PagePayload.parse(answer.body, (number - 1) * size + 1)
    except ValueError as error:
        raise RetryableError(SourceUnavailable(str(error))) from error
    links = PageLinks.parse(answer.headers.get("link"))
    leads_back = links.next is not None and links.next <= number
    last = number if links.next is None else max(links.next, links.last or 0)
    etag = answer.headers.get("etag")
    may_go_on = links.next is not None or payload.count >= size
    return _Fetched(
        ListingPage(
            payload.gists,
            payload.unreadable,
            f"{'+' if may_go_on else '-'}{etag}" if etag and size == PAGE_SIZE else None,
        ),
        last=-(-last * size // PAGE_SIZE),
        is_beyond=not payload.count and (links.next is None or leads_back),
        leads_back=leads_back,
    )
