"""Walks the pages of a list, several requests at once, and works around pages that cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import evolve, frozen

from gistsearch.adapters.github.client import Answer, Client
from gistsearch.adapters.github.failures import HostUnreachable
from gistsearch.adapters.github.pagination import PageLinks
from gistsearch.adapters.github.retries import RetryableError
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import SourceError, SourceUnavailable, Unreadable

if TYPE_CHECKING:
    from gistsearch.adapters.github.payloads import Records

T = TypeVar("T")

PAGES_AT_ONCE = 12
"""How many pages are asked for at once: 1,000 gists, and a page more, in one round trip. GitHub allows 100 requests."""
PAGE_SIZE = 100
"""Records on a page: GitHub's maximum."""
MIN_PAGE_SIZE = 25
"""A page that cannot be had is asked for in halves, and these again, down to this size."""
PAGE_TRIES = 2
"""How often a page is asked for before that; its parts are asked for once."""
MAX_PAGES = 1_000
"""No list is longer."""
MAX_PAGE_BYTES = 16 << 20
"""No page is larger: 100 gists of 300 files each, described in half a kibibyte."""


@frozen
class Page(Generic[T]):
    """A page of a list."""

    records: tuple[T, ...]
    unreadable: tuple[Unreadable, ...]
    """Records, or ranges of them, that could not be read."""
    validator: str | None
    """An ETag after `+` (there may be a page after this one) or `-`; None if there is none for the whole page."""


@frozen
class Unchanged:
    """A page that is as it was when its validator came."""

    number: int
    """From 1."""


@frozen
class PagedList(Generic[T]):
    """A list that the API gives in pages."""

    path: str
    """Below the API's base address."""
    noun: str
    """What a record is called, in the singular."""
    parse: Callable[[bytes, int], Records[T]]
    """Reads a page: its JSON, and the position of its first record, from 1. Raises `ValueError` if it is not a page."""
    validators: Sequence[str | None] = ()
    """Of the pages of an earlier walk, in order."""


class Pages:
    """Fetches the pages of lists from the API."""

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
        self._executor = ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="gistsearch-pages")

    def close(self) -> None:
        """Free the threads when the requests under way are over."""
        self._executor.shutdown(wait=False)

    def walk(self, paged: PagedList[T], deadline: Deadline) -> Generator[Page[T] | Unchanged, None, None]:
        """Yield the pages of a list, each as soon as it and all before it are known.

        Raises (late):
            SourceError: nothing can be had, or the pages lead in a circle. Anything less is in `Page.unreadable`.
            DeadlineExceeded: the deadline has passed.
        """
        url = f"{self._api_url}{paged.path}"
        fetcher = _PageFetcher(self._client, paged, url, deadline, self._first_pause_s, self._executor)
        return _Walk(fetcher).pages()


@frozen
class _Fetched(Generic[T]):
    """A page, or a part of one, as it came."""

    page: Page[T] | Unchanged
    last: int
    """The last page of the list (at `PAGE_SIZE`), as far as this one tells."""
    is_beyond: bool = False
    """Whether it is beyond the end: it has no record at all, and links to no further page."""
    leads_back: bool = False
    """Whether it names itself or an earlier page as the next one."""


@frozen
class _Missing:
    """A range of records that could not be fetched; positions from 1."""

    first: int
    last: int
    error: SourceError


@frozen
class _PageFetcher(Generic[T]):
    """Fetches pages of one list."""

    client: Client
    paged: PagedList[T]
    url: str
    deadline: Deadline
    first_pause_s: float
    executor: Executor

    def submit(self, number: int, size: int, tries: int, validator: str | None = None) -> Future[_Fetched[T]]:
        """Fetch a page in another thread."""
        return self.executor.submit(self._fetch, number, size, tries, validator)

    def result(self, future: Future[_Fetched[T]]) -> _Fetched[T]:
        """Wait for a page. Raises what fetching it raised, or `DeadlineExceeded`."""
        withdraw = self.deadline.on_over(future.cancel)  # A request that has been sent ends by itself.
        try:
            return future.result()
        except CancelledError:
            self.deadline.check()
            raise
        finally:
            withdraw()

    def _fetch(self, number: int, size: int, tries: int, validator: str | None) -> _Fetched[T]:
        url = f"{self.url}?per_page={size}" + (f"&page={number}" if number > 1 else "")
        headers = {"If-None-Match": validator[1:]} if validator else {}
        attempts = self.client.attempts(url, self.deadline, self.first_pause_s, tries)
        while True:
            try:
                answer = self.client.fetch(url, self.deadline, MAX_PAGE_BYTES, headers)
                if answer.status == 304:
                    return _Fetched(Unchanged(number), number + _may_go_on(validator))
                return self._parsed(answer, number, size)
            except RetryableError as failure:
                attempts.failed(failure)

    def _parsed(self, answer: Answer, number: int, size: int) -> _Fetched[T]:
        try:
            found = self.paged.parse(answer.body, (number - 1) * size + 1)
        except ValueError as error:
            raise RetryableError(SourceUnavailable(str(error))) from error
        links = PageLinks.parse(answer.headers.get("link"))
        leads_back = links.next is not None and links.next <= number
        last = number if links.next is None else max(links.next, links.last or 0)
        etag = answer.headers.get("etag")
        may_go_on = links.next is not None or found.count >= size
        validator = f"{'+' if may_go_on else '-'}{etag}" if etag and size == PAGE_SIZE else None
        return _Fetched(
            Page(found.records, found.unreadable, validator),
            last=-(-last * size // PAGE_SIZE),
            is_beyond=not found.count and (links.next is None or leads_back),
            leads_back=leads_back,
        )


class _Walk(Generic[T]):
    """One walk through a list."""

    def __init__(self, fetcher: _PageFetcher[T]) -> None:
        self._fetcher = fetcher
        self._validators = fetcher.paged.validators
        self._last = len(self._validators) + (not self._validators or _may_go_on(self._validators[-1]))
        self._under_way: dict[int, Future[_Fetched[T]]] = {}

    def pages(self) -> Generator[Page[T] | Unchanged, None, None]:
        number = 0
        self._ask_ahead(1)
        try:
            while number < self._last:
                number += 1
                fetched = self._page(number)
                if fetched.is_beyond and number > 1:  # The list has become shorter, or ended with the page before.
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
        end = first + max(PAGES_AT_ONCE, len(self._validators))
        for number in range(first, min(self._last + 1, MAX_PAGES + 1, end)):
            if number not in self._under_way:
                validator = self._validators[number - 1] if number <= len(self._validators) else None
                self._under_way[number] = self._fetcher.submit(number, PAGE_SIZE, PAGE_TRIES, validator)

    def _page(self, number: int) -> _Fetched[T]:
        """Return a page, or what can be had of it. The first one raises if there is nothing to be had."""
        try:
            return self._fetcher.result(self._under_way.pop(number))
        except SourceError as error:
            parts = self._parts(number, PAGE_SIZE, error)
            nothing = all(isinstance(part, _Missing) or part.is_beyond for part in parts)
            if number == 1 and nothing and not self._goes_on(error):
                raise
            return _joined(parts, self._fetcher.paged.noun)

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

    def _parts(self, number: int, size: int, error: SourceError) -> list[_Fetched[T] | _Missing]:
        """Fetch a page that failed in two smaller ones, and these again if need be."""
        if size <= MIN_PAGE_SIZE or not _is_worth_parting(error):
            return [_Missing((number - 1) * size + 1, number * size, error)]
        parts: list[_Fetched[T] | _Missing] = []
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


def _may_go_on(validator: str | None) -> bool:
    """Return whether there may be a page after the one of this validator."""
    return validator is not None and validator.startswith("+")


def _joined(parts: Sequence[_Fetched[T] | _Missing], noun: str) -> _Fetched[T]:
    """Return the parts of a page as one; missing ones that follow each other become one range."""
    fetched = [part for part in parts if isinstance(part, _Fetched)]
    pages = [part.page for part in fetched if isinstance(part.page, Page)]
    gaps: list[_Missing] = []
    for part in parts:
        if isinstance(part, _Missing):
            if gaps and gaps[-1].last + 1 == part.first:
                part = evolve(part, first=gaps.pop().first)
            gaps.append(part)
    records = tuple(record for page in pages for record in page.records)
    unreadable = [record for page in pages for record in page.unreadable]
    unreadable += [Unreadable(f"{noun}s {gap.first}–{gap.last}", gap.error) for gap in gaps]
    return _Fetched(Page(records, tuple(unreadable), None), max((part.last for part in fetched), default=0))
