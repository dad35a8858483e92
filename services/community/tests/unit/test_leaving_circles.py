"""Leaving a circle and coming back, over ports in memory."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id
from community.application.create_circle import create_circle
from community.application.join_circle import join_circle
from community.application.leave_circle import leave_circle
from community.application.ports import Taken
from community.application.queries import check_inside
from community.application.turns import Turns
from community.domain.circle import MAX_CIRCLES, Circle, Membership
from community.domain.errors import CircleNotFound, CircleNotJoined, CirclesFull
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import NETWORK, NOW, a_circle_draft, access_of
from services.community.tests.fakes import FakeMemberships, FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(NETWORK)


async def join(network: FakeNetwork, circle_id: UUID, member_id: UUID) -> Circle:
    return await join_circle(network, Turns(), circle_id=circle_id, member_id=member_id, at=NOW)


async def leave(network: FakeNetwork, circle_id: UUID, member_id: UUID) -> Circle:
    return await leave_circle(network, Turns(), circle_id=circle_id, member_id=member_id, at=NOW)


def reading(member_id: UUID) -> Access:
    return access_of(member_id, "ListPosts")


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30))
async def test_however_they_come_and_go_who_is_there_is_counted(
    moves: list[tuple[int, bool]],
) -> None:
    network = a_network(NETWORK)
    circle = await create_circle(network, a_circle_draft())
    members = [circle.founder_id, *(new_id() for _ in range(3))]
    inside = {circle.founder_id}
    for index, comes in moves:
        member = members[index]
        inside = inside | {member} if comes else inside - {member}
        told = await (join if comes else leave)(network, circle.id, member)
        assert told.present_count == len(inside)
        kept = network.circles.all[circle.id]
        assert kept.present_count == len(inside)
        assert (circle.id in await network.memberships.circles_of(member)) is comes
    versions = [one.version for one in network.memberships.all]
    assert all((version % 2 == 1) is one.inside
               for version, one in zip(versions, network.memberships.all, strict=True))  # fmt: skip


async def test_who_left_does_not_read_on_until_she_comes_back(network: FakeNetwork) -> None:
    circle = await create_circle(network, a_circle_draft())
    await leave(network, circle.id, circle.founder_id)
    with pytest.raises(CircleNotJoined):
        await check_inside(network, circle.id, reading(circle.founder_id))
    await join(network, circle.id, circle.founder_id)
    await check_inside(network, circle.id, reading(circle.founder_id))


async def test_who_was_never_in_leaves_nothing(network: FakeNetwork) -> None:
    circle = await create_circle(network, a_circle_draft())
    assert (await leave(network, circle.id, new_id())).present_count == 1
    with pytest.raises(CircleNotFound):
        await leave(network, new_id(), circle.founder_id)


async def test_a_member_is_in_so_many_circles(network: FakeNetwork) -> None:
    ada = new_id()
    for _ in range(MAX_CIRCLES):
        await network.memberships.add(Membership(new_id(), ada, 1, NOW))
    circle = await create_circle(network, a_circle_draft())
    with pytest.raises(CirclesFull):
        await join(network, circle.id, ada)
    (some, *_) = await network.memberships.circles_of(ada)
    left = await network.memberships.get(some, ada)
    assert left
    await network.memberships.save(left.leave(NOW))
    assert (await join(network, circle.id, ada)).present_count == 2


async def test_a_place_of_before_is_told_of_when_she_joins_again(network: FakeNetwork) -> None:
    circle = await create_circle(network, a_circle_draft())
    old = Membership(circle.id, new_id(), 2, NOW, version=0)
    await network.memberships.add(old)
    for _ in range(2):
        await join(network, circle.id, old.member_id)
        kept = await network.memberships.get(circle.id, old.member_id)
        assert kept == replace(old, version=1)


class Racing(FakeMemberships):
    """Somebody is always faster."""

    async def save(self, membership: Membership) -> None:
        raise Taken


async def test_who_never_gets_out_is_told_to_try_again(network: FakeNetwork) -> None:
    raced = replace(network, memberships=Racing())
    circle = await create_circle(raced, a_circle_draft())
    with pytest.raises(ConcurrentUpdate):
        await leave(raced, circle.id, circle.founder_id)
