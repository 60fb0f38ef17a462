"""The member source port: a place that knows who belongs to an organization."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Protocol, runtime_checkable

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import SourceError


class UnknownOrganization(SourceError):
    """Indicates that the source has no such organization."""


@runtime_checkable
class MemberSource(Protocol):
    """A place that knows who belongs to an organization.

    The method may be called from several threads at once. A generator may be advanced by different threads, but only by
    one at a time. Closing it releases everything that it holds.
    """

    @abstractmethod
    def list_members(self, organization: str, deadline: Deadline) -> Generator[str, None, None]:
        """List the user names of an organization's public members, in the source's order.

        Implementers must:

        - leave out members who keep their membership private;
        - yield each name as soon as it and all names before it are known;
        - yield every name that can be had before they raise because one cannot, and never just end early.

        A name may appear twice if members join or leave during the walk.

        Args:
            organization: as the user typed it. Encode it before it becomes part of an address.
            deadline: checked between requests; a request ends at most half a second after it.

        Raises (late, at the first `next` or a later one):
            UnknownOrganization: the source has no such organization.
            MalformedRecord: a record of a member cannot be read. All others were yielded.
            SourceRateLimited, AccessForbidden, ForbiddenOrigin, SourceUnavailable: see there.
            DeadlineExceeded: the deadline passed.
        """
        raise NotImplementedError
