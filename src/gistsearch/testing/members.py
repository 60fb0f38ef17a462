"""The conformance suite of the member source port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest
from attrs import frozen

from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import MalformedRecord, SourceRateLimited
from gistsearch.ports.members import MemberSource, UnknownOrganization
from gistsearch.testing.fixtures import LISTING_ERRORS, Disruption, DisruptionFixtures, must_raise, skip_without
from gistsearch.testing.generators import (
    cancelled,
    cancelled_soon,
    exhaust,
    expect_nothing_left_open,
    expect_to_close_in_another_thread,
    expect_to_end,
    in_turns,
    passed,
)
from gistsearch.testing.listing import HOSTILE_NAMES
from gistsearch.testing.rate_limits import expect_moment
from gistsearch.testing.timeouts import at_once, within


@frozen
class SampleMember:
    """A member of an organization that the source under test has to know."""

    name: str
    public: bool = True
    """False: the membership is private. The source may know it, and must not list it."""


Organizations = Mapping[str, Sequence[SampleMember]]
"""The members of each organization, in the source's order."""
MakeMembers = Callable[[Organizations], MemberSource]
"""Returns a source that knows exactly these organizations. Each test calls it once."""
CorruptMember = Callable[[str, int], object]
"""Takes an organization and a member's position, from 0. The record of that member cannot be read from now on."""


class MemberSourceSuite(DisruptionFixtures):
    """Tests of everything that the port demands of a `MemberSource`.

    Subclass it under a name that begins with `Test`, and override the fixture `make_members`: it returns a function
    that takes organizations and their members, and returns a source that knows them. Override the other fixtures as far
    as they make sense for your source; tests that need one of them are skipped otherwise.
    """

    many = 250
    """More members than two pages of the source's lists contain."""

    @pytest.fixture
    def make_members(self) -> MakeMembers:
        """Return a function that makes the source under test."""
        raise NotImplementedError("override the fixture `make_members`: it returns a function that makes the source")

    @pytest.fixture
    def corrupt_member(self) -> CorruptMember:
        """Return a function that makes the record of a member unreadable."""
        skip_without("corrupt_member", "lists can contain records that cannot be read")

    def members(self, source: MemberSource, organization: str = "acme") -> list[str]:
        return list(source.list_members(organization, self.deadline()))

    def test_members_are_listed_in_order(self, make_members: MakeMembers) -> None:
        """All members are listed, on every page, in the source's order, and none of another organization."""
        source = make_members({"acme": numbered(self.many), "other": [SampleMember("eve")]})
        assert self.members(source) == names(self.many), "expected every member of the organization, in order"

    def test_a_list_can_be_walked_again(self, make_members: MakeMembers) -> None:
        """Each walk lists everything: neither another walk at the same time nor an abandoned one takes from it."""
        source = make_members({"acme": numbered(self.many)})
        first = source.list_members("acme", self.deadline())
        listed = [next(first)]
        abandoned = source.list_members("acme", self.deadline())
        next(abandoned)
        abandoned.close()
        assert self.members(source) == names(self.many), "expected a complete list during another walk"
        assert [*listed, *first] == names(self.many), "expected a complete list although another walk came between"

    def test_private_members_are_not_listed(self, make_members: MakeMembers) -> None:
        """A membership that is not public never appears, even if the source has credentials to see it."""
        hidden = SampleMember("hidden", public=False)
        source = make_members({"acme": [hidden, SampleMember("ada")], "shy": [hidden]})
        assert self.members(source) == ["ada"], "expected the public member alone"
        assert self.members(source, "shy") == [], "expected an empty list for an organization of private members"

    def test_an_organization_without_members_has_an_empty_list(self, make_members: MakeMembers) -> None:
        """Having no members is an answer, not an error."""
        assert self.members(make_members({"acme": []})) == [], "expected an empty list"

    def test_an_unknown_organization_is_reported_late(self, make_members: MakeMembers) -> None:
        """The call itself raises nothing, the first step does."""
        walk = make_members({"acme": []}).list_members("nothing", self.deadline())
        with must_raise(UnknownOrganization, when="listing an organization that does not exist"):
            next(walk)

    @pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
    def test_a_name_is_not_part_of_an_address(self, make_members: MakeMembers, name: str) -> None:
        """A name that would lead elsewhere in an address is just a name that no organization has."""
        walk = make_members({"octo": numbered(1)}).list_members(name, self.deadline())
        with must_raise(UnknownOrganization, when=f"listing the organization {name[:40]!r}, which does not exist"):
            next(walk)

    def test_a_record_that_cannot_be_read_costs_no_other(
        self, make_members: MakeMembers, corrupt_member: CorruptMember
    ) -> None:
        """All other members are listed. Then the walk raises, as one is missing."""
        source = make_members({"acme": numbered(5)})
        corrupt_member("acme", 2)
        listed: list[str] = []
        with must_raise(MalformedRecord, when="a list contains a record that cannot be read"):
            listed.extend(source.list_members("acme", self.deadline()))
        assert listed == ["member0", "member1", "member3", "member4"], "expected all members but the unreadable one"

    def test_a_list_that_breaks_does_not_just_end(self, make_members: MakeMembers, disconnect: Disruption) -> None:
        """If the rest of a list cannot be fetched, the walk raises."""
        walk = make_members({"acme": numbered(self.many)}).list_members("acme", self.deadline())
        listed = [next(walk)]
        disconnect()
        try:
            listed.extend(walk)
        except LISTING_ERRORS:
            return
        assert len(listed) == self.many, f"expected {self.many} members, or an error"

    def test_a_list_that_cannot_begin_raises(self, make_members: MakeMembers, disconnect: Disruption) -> None:
        """A failure does not look like an organization without members, nor like an unknown one."""
        source = make_members({"acme": numbered(1)})
        disconnect()
        with must_raise(*LISTING_ERRORS, when="listing while nothing can be fetched"):
            self.members(source)

    def test_a_list_that_is_limited_says_until_when(self, make_members: MakeMembers, limit_rate: Disruption) -> None:
        """The limit does not look like an empty list or a failure, and the source does not wait for its end."""
        source = make_members({"acme": numbered(1)})
        limit_rate()
        with must_raise(SourceRateLimited, when="listing while a rate limit refuses requests") as raised:
            within(self.timeout_s, partial(self.members, source))
        expect_moment(raised[0])

    @pytest.mark.parametrize("over", [passed, cancelled])
    def test_nothing_is_listed_after_the_deadline(
        self, make_members: MakeMembers, over: Callable[[], Deadline]
    ) -> None:
        """If the deadline has passed before the first step, that step raises, not the call."""
        walk = make_members({"acme": numbered(1)}).list_members("acme", over())
        with must_raise(DeadlineExceeded, when="listing after the deadline"):
            next(walk)

    def test_a_stalled_list_ends_when_it_is_cancelled(self, make_members: MakeMembers, stall: Disruption) -> None:
        """The deadline ends a request, not only the time between requests."""
        source = make_members({"acme": numbered(1)})
        stall()
        with must_raise(DeadlineExceeded, when="a stalled list is cancelled"), cancelled_soon() as deadline:
            within(self.timeout_s, partial(exhaust, source.list_members("acme", deadline)))

    def test_a_closed_list_has_ended(self, make_members: MakeMembers) -> None:
        """It can be closed before its first step, midway and at its end, and again. It yields nothing afterwards."""
        source = make_members({"acme": numbered(self.many)})
        expect_to_end(lambda: source.list_members("acme", self.deadline()))

    def test_closing_a_list_frees_what_it_holds(self, make_members: MakeMembers) -> None:
        """Lists that were closed midway leave nothing open, and nothing that the next one would have to wait for."""
        source = make_members({"acme": numbered(self.many)})
        expect_nothing_left_open(lambda: source.list_members("acme", self.deadline()), self.timeout_s)
        listed = within(self.timeout_s, partial(self.members, source))
        assert len(listed) == self.many, "expected a complete list after others were closed"

    def test_threads_share_a_source(self, make_members: MakeMembers) -> None:
        """Several threads may list at once."""
        source = make_members({"acme": numbered(self.many), "other": [SampleMember("eve")]})
        lists = at_once(self.timeout_s, [partial(self.members, source, name) for name in ("acme", "other")] * 4)
        assert lists == [names(self.many), ["eve"]] * 4, "expected every thread to list its own organization"

    def test_threads_take_turns_with_a_list(self, make_members: MakeMembers) -> None:
        """Each step may be taken by another thread, and the closing as well."""
        source = make_members({"acme": numbered(self.many)})
        listed = list(in_turns(source.list_members("acme", self.deadline()), self.timeout_s))
        assert listed == names(self.many), "expected a complete list, in order"
        expect_to_close_in_another_thread(source.list_members("acme", self.deadline()), self.timeout_s)


def names(count: int) -> list[str]:
    """Return names, by number."""
    return [f"member{number}" for number in range(count)]


def numbered(count: int) -> list[SampleMember]:
    """Return members named by number."""
    return [SampleMember(name) for name in names(count)]
