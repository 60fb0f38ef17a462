"""Member sources with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from itertools import islice
from posixpath import normpath
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryMember
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import MalformedRecord, SourceError, SourceRateLimited, SourceUnavailable
from gistsearch.ports.members import MemberSource, UnknownOrganization
from gistsearch.testing import (
    CorruptMember,
    Disruption,
    MakeMembers,
    MemberSourceSuite,
    Organizations,
    SampleMember,
)

Names = Generator[str, None, None]


class Flawless(InMemoryGists):
    """Depends on something that can stall, fail and refuse, and handles all of that correctly."""

    def __init__(self, organizations: Organizations) -> None:
        self.is_stalled = self.is_disconnected = self.is_limited = False
        self.records: dict[str, list[MemoryMember]] = {
            name: [member.name for member in members if self.lists(member)] for name, members in organizations.items()
        }
        super().__init__({}, self.records)

    def lists(self, member: SampleMember) -> bool:
        return member.public

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        for name in super().list_members(organization, deadline):
            self.request(deadline)
            yield name

    def request(self, deadline: Deadline) -> None:
        """Wait for an answer of the server that this source pretends to ask."""
        if self.is_disconnected:
            raise SourceUnavailable("the connection broke")
        if self.is_limited:
            raise SourceRateLimited("the limit is reached", 3_600, datetime.now(UTC) + timedelta(hours=1))
        while self.is_stalled:
            deadline.sleep(0.01)

    def corrupt(self, organization: str, position: int) -> None:
        self.records[organization][position] = MalformedRecord(f"member {position + 1}: it is null")
        self.put_members(organization, self.records[organization])


class ListsTheFirstPage(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        yield from islice(super().list_members(organization, deadline), 100)


class SharesOneCursor(Flawless):
    """All walks through a list are one."""

    def __init__(self, organizations: Organizations) -> None:
        super().__init__(organizations)
        self.walks: dict[str, Names] = {}

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        yield from self.walks.setdefault(organization, super().list_members(organization, deadline))
        self.walks.pop(organization, None)


class ListsPrivateMembers(Flawless):
    def lists(self, member: SampleMember) -> bool:
        return True


class KnowsNoEmptyOrganization(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        if not self.records.get(organization):
            raise UnknownOrganization("there is no such organization")
        yield from super().list_members(organization, deadline)


class ReportsUnknownOrganizationsAtOnce(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        if organization not in self.records:
            raise UnknownOrganization("there is no such organization")
        return super().list_members(organization, deadline)


class TrustsNames(Flawless):
    """Pastes names into addresses."""

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        path = normpath(unquote(urlsplit(f"//host/{organization}").path))
        yield from super().list_members(path.strip("/").partition("/")[0], deadline)


class DropsUnreadableRecords(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        try:
            yield from super().list_members(organization, deadline)
        except MalformedRecord:
            return


class GivesUpAtAnUnreadableRecord(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        for record in self.records.get(organization, []):
            if isinstance(record, SourceError):
                raise record
            yield record


class JustEndsWhenItFails(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        try:
            yield from super().list_members(organization, deadline)
        except SourceUnavailable:
            return


class TakesALimitForAFailure(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        try:
            yield from super().list_members(organization, deadline)
        except SourceRateLimited as error:
            raise SourceUnavailable("status 429") from error


class IgnoresTheDeadline(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        yield from super().list_members(organization, Deadline(1.0))


class CannotBeClosed(Flawless):
    def list_members(self, organization: str, deadline: Deadline) -> Names:
        for name in super().list_members(organization, deadline):
            try:
                yield name
            except GeneratorExit:
                yield name


class KeepsItsConnections(Flawless):
    """Gives a connection back only if its list is read to the end."""

    def __init__(self, organizations: Organizations) -> None:
        super().__init__(organizations)
        self.connections = threading.Semaphore(32)

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        self.connections.acquire()
        yield from super().list_members(organization, deadline)
        self.connections.release()


class ServesOneThreadAtATime(Flawless):
    def __init__(self, organizations: Organizations) -> None:
        super().__init__(organizations)
        self.user: int | None = None

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        assert self.user in (None, threading.get_ident())
        self.user = threading.get_ident()
        for name in super().list_members(organization, deadline):
            deadline.sleep(0.0001)
            yield name
        self.user = None


class BelongsToOneThread(Flawless):
    """Like a connection of `sqlite3`."""

    def list_members(self, organization: str, deadline: Deadline) -> Names:
        owner = threading.get_ident()
        for name in super().list_members(organization, deadline):
            assert threading.get_ident() == owner
            yield name
        assert threading.get_ident() == owner


class Made:
    """The source of the current test."""

    source: Flawless


class Suite(MemberSourceSuite):
    flawed: ClassVar[type[Flawless]]

    @pytest.fixture
    def made(self) -> Made:
        return Made()

    @pytest.fixture
    def make_members(self, made: Made) -> MakeMembers:
        def make_members(organizations: Organizations) -> MemberSource:
            made.source = self.flawed(organizations)
            return made.source

        return make_members

    @pytest.fixture
    def corrupt_member(self, made: Made) -> CorruptMember:
        return lambda organization, position: made.source.corrupt(organization, position)

    @pytest.fixture
    def stall(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_stalled", True)

    @pytest.fixture
    def disconnect(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_disconnected", True)

    @pytest.fixture
    def limit_rate(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_limited", True)


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update(
    {
        f"Test{flawed.__name__}": type(
            flawed.__name__, (Suite,), {"flawed": flawed, "timeout_s": 10.0 if flawed is Flawless else 0.5}
        )
        for flawed in FLAWED
    }
)
