"""Lists a user's gists."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from gistsearch.adapters.github.origins import path_segment
from gistsearch.adapters.github.pages import PagedList, Pages, Unchanged
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentGone, Gist, ListingPage, UnknownUser

if TYPE_CHECKING:
    from gistsearch.adapters.github.payloads import Records


def list_gists(
    pages: Pages, username: str, deadline: Deadline, known: Sequence[ListingPage]
) -> Generator[ListingPage, None, None]:
    """Yield the pages of a user's gists, as `GistSource.list_pages` says."""
    segment = path_segment(username)
    if segment is None:
        raise UnknownUser("nobody can have such a user name")
    paged = PagedList(f"/users/{segment}/gists", "gist", _parse, [page.validator for page in known])
    try:
        with closing(pages.walk(paged, deadline)) as walk:
            for page in walk:
                if isinstance(page, Unchanged):
                    yield known[page.number - 1]
                else:
                    yield ListingPage(page.records, page.unreadable, page.validator)
    except ContentGone as error:
        raise UnknownUser(f"there is no user {username!r}") from error


def _parse(body: bytes, first_position: int) -> Records[Gist]:
    from gistsearch.adapters.github.payloads import gist_records  # with cattrs, which unchanged pages do not need

    return gist_records(body, first_position)
