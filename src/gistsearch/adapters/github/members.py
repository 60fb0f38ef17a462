"""Lists the members of an organization."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

from gistsearch.adapters.github.origins import path_segment
from gistsearch.adapters.github.pages import Page, PagedList, Pages
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentGone, SourceError, SourceRateLimited, Unreadable
from gistsearch.ports.members import UnknownOrganization

if TYPE_CHECKING:
    from gistsearch.adapters.github.payloads import Records


def list_members(pages: Pages, organization: str, deadline: Deadline) -> Generator[str, None, None]:
    """Yield the names of an organization's public members, as `MemberSource.list_members` says."""
    segment = path_segment(organization)
    if segment is None:
        raise UnknownOrganization("no organization can have such a name")
    missing: list[Unreadable] = []
    try:
        with closing(pages.walk(PagedList(f"/orgs/{segment}/public_members", "member", _parse), deadline)) as walk:
            for page in walk:
                if isinstance(page, Page):  # There is no validator with which it could be unchanged.
                    yield from page.records
                    missing += page.unreadable
    except ContentGone as error:
        raise UnknownOrganization(f"there is no organization {organization!r}") from error
    if missing:
        raise _named(missing[0])


def _named(missing: Unreadable) -> SourceError:
    """Return why a member is missing, and which one."""
    if isinstance(missing.error, SourceRateLimited):  # It says until when, and concerns more than these members.
        return missing.error
    return type(missing.error)(f"{missing.subject}: {missing.error}")


def _parse(body: bytes, first_position: int) -> Records[str]:
    from gistsearch.adapters.github.payloads import member_records  # with cattrs, which takes a while to import

    return member_records(body, first_position)
