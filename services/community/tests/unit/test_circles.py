"""Opening and joining circles, over ports in memory."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from community.application.create_circle import create_circle
from community.application.join_circle import join_circle
from community.application.ports import Taken
from community.application.turns import Turns
from community.domain.circle import Circle, Membership
from community.domain.errors import CircleNotFound, RequestIdReused
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import NETWORK, NOW, a_circle, a_circle_draft
from services.community.tests.fakes import FakeCircles, FakeMemberships, FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(NETWORK)


async def join(network: FakeNetwork, circle_id: UUID, member_id: UUID) -> Circle:
    return await join_circle(network, Turns(), circle_id=circle_id, member_id=member_id, at=NOW)


async def test_a_founder_is_the_first_member(network: FakeNetwork) -> None:
    draft = a_circle_draft(name="Mornings", purpose="Up early")
    circle = await create_circle(network, draft)
    assert (circle.display_name, circle.purpose, circle.member_count) == ("Mornings", "Up early", 1)
    assert await network.memberships.get(circle.id, draft.founder_id) == Membership(
        circle.id, draft.founder_id, 1, NOW
    )


async def test_the_same_request_again_is_the_same_circle(network: FakeNetwork) -> None:
    draft = a_circle_draft(request="once")
    first = await create_circle(network, draft)
    assert await create_circle(network, draft) == first
    assert len(network.circles.all) == len(network.memberships.all) == 1


async def test_a_request_id_stands_for_one_content_of_one_founder(network: FakeNetwork) -> None:
    founder = new_id()
    await create_circle(network, a_circle_draft(founder, request="once"))
    for other in (
        a_circle_draft(founder, request="once", name="Evenings"),
        a_circle_draft(founder, request="once", purpose="another"),
    ):
        with pytest.raises(RequestIdReused):
            await create_circle(network, other)
    await create_circle(network, a_circle_draft(request="once", name="Evenings"))
    assert len(network.circles.all) == len(network.memberships.all) == 2


class Faster(FakeCircles):
    """Another process stores the circle of the same request first."""

    def __init__(self, rival: Circle) -> None:
        super().__init__()
        self._rival = rival

    async def add(self, circle: Circle) -> None:
        self.all[self._rival.id] = self._rival
        await super().add(circle)


async def test_who_loses_a_race_with_herself_leaves_nothing_behind() -> None:
    draft = a_circle_draft(request="once")
    rival = await create_circle(a_network(NETWORK), draft)
    network = a_network(NETWORK, circles=Faster(rival))
    assert await create_circle(network, draft) == rival
    assert list(await network.memberships.circles_of(draft.founder_id)) == []


class Repeating(FakeCircles):
    """A driver that lost the answer writes again and meets itself."""

    async def add(self, circle: Circle) -> None:
        await super().add(circle)
        await super().add(circle)


async def test_a_repeated_write_that_meets_itself_changes_nothing() -> None:
    network = a_network(NETWORK, circles=Repeating())
    draft = a_circle_draft()
    circle = await create_circle(network, draft)
    assert await network.memberships.get(circle.id, draft.founder_id)


async def test_a_circle_that_is_not_there_cannot_be_joined(network: FakeNetwork) -> None:
    with pytest.raises(CircleNotFound):
        await join(network, new_id(), new_id())
    assert network.memberships.all == []


@given(st.lists(st.integers(0, 5), max_size=30))
async def test_however_often_they_join_each_member_counts_once(joins: list[int]) -> None:
    network = a_network(NETWORK)
    circle = await create_circle(network, a_circle_draft())
    members = [circle.founder_id, *(new_id() for _ in range(5))]
    seen = {circle.founder_id}
    for index in joins:
        seen.add(members[index])
        joined = await join(network, circle.id, members[index])
        assert joined.member_count == len(seen)
    kept = await network.circles.get(circle.id)
    assert kept
    assert kept.member_count == len(seen) == len(network.memberships.all)


class Dying(FakeCircles):
    """A process that dies before the circle learns of its new member, when told to."""

    dies = False

    async def count_up(self, id: UUID, number: int) -> None:
        if self.dies:
            raise ConnectionError
        await super().count_up(id, number)


@pytest.mark.parametrize("again", ["the same member", "the next member"])
async def test_a_count_that_a_crash_left_low_is_right_after_the_next_join(again: str) -> None:
    circles = Dying()
    network = a_network(NETWORK, circles=circles)
    circle = await create_circle(network, a_circle_draft())
    member, circles.dies = new_id(), True
    with pytest.raises(ConnectionError):
        await join(network, circle.id, member)
    circles.dies = False
    joiner = member if again == "the same member" else new_id()
    joined = await join(network, circle.id, joiner)
    assert joined.member_count == len(network.memberships.all)
    assert network.circles.all[circle.id].member_count == len(network.memberships.all)


class Crowd(FakeMemberships):
    """Somebody of another process is always faster."""

    async def add(self, membership: Membership) -> None:
        if membership.number > 1:
            await super().add(Membership(membership.circle_id, new_id(), membership.number, NOW))
        await super().add(membership)


async def test_who_never_gets_a_number_is_told_to_try_again(network: FakeNetwork) -> None:
    circle, founder = a_circle()
    crowded = replace(network, memberships=Crowd())
    await crowded.circles.add(circle)
    await crowded.memberships.add(founder)
    with pytest.raises(ConcurrentUpdate):
        await join(crowded, circle.id, new_id())
    with pytest.raises(Taken):
        await crowded.memberships.add(founder)
