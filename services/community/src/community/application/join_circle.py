"""Join a circle: take the next number, then let the circle know of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate

from community.application.ports import Network, Taken
from community.application.turns import Turns
from community.domain.circle import Circle, Membership
from community.domain.errors import CircleNotFound

TRIES = 8


async def join_circle(
    network: Network, turns: Turns, *, circle_id: UUID, member_id: UUID, at: datetime
) -> Circle:
    """The circle with the member in it; who is in it already stays as she is.

    Raises CircleNotFound, ConcurrentUpdate (many processes race for this circle; try again).
    """
    async with turns.of(circle_id):
        circle = await network.circles.get(circle_id)
        if circle is None:
            raise CircleNotFound("no such circle in your network", field="circle_id")
        membership = await network.memberships.get(circle_id, member_id)
        if membership is None:
            membership = await _take_place(network, circle, member_id, at)
        if membership.number > circle.member_count:
            await network.circles.count_up(circle_id, membership.number)
        return replace(circle, member_count=max(circle.member_count, membership.number))


async def _take_place(
    network: Network, circle: Circle, member_id: UUID, at: datetime
) -> Membership:
    known = circle.member_count
    for _ in range(TRIES):
        membership = Membership(circle.id, member_id, known + 1, at)
        try:
            await network.memberships.add(membership)
        except Taken:
            if earlier := await network.memberships.get(circle.id, member_id):
                return earlier
            known = await network.memberships.last_number(circle.id, known)
            continue
        return membership
    raise ConcurrentUpdate("too many join at once; try again")
