"""Join a circle: take the next number, then let the circle know of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate

from community.application.count_departures import count_departures
from community.application.ports import Network, Taken
from community.application.turns import Turns
from community.domain.circle import MAX_CIRCLES, Circle, Membership
from community.domain.errors import CircleNotFound, CirclesFull

TRIES = 8


async def join_circle(
    network: Network, turns: Turns, *, circle_id: UUID, member_id: UUID, at: datetime
) -> Circle:
    """The circle with the member in it; who is in it already stays as she is.

    Raises CircleNotFound, CirclesFull, ConcurrentUpdate (many processes race for this circle; try
    again).
    """
    async with turns.of(circle_id):
        circle = await network.circles.get(circle_id)
        if circle is None:
            raise CircleNotFound("no such circle in your network", field="circle_id")
        membership = await _take_place(network, circle, member_id, at)
        if membership.number > circle.member_count:
            await network.circles.count_up(circle_id, membership.number)
        if membership.uncounted:  # a crash when she left
            circle = await count_departures(network, circle_id, member_id) or circle
        return replace(circle, member_count=max(circle.member_count, membership.number))


async def _take_place(
    network: Network, circle: Circle, member_id: UUID, at: datetime
) -> Membership:
    known = circle.member_count
    for _ in range(TRIES):
        earlier = await network.memberships.get(circle.id, member_id)
        if earlier is not None and earlier.inside and earlier.version > 0:
            return earlier
        await _check_room(network, earlier, member_id)
        try:
            return await _enter(network, earlier, Membership(circle.id, member_id, known + 1, at))
        except Taken:
            known = await network.memberships.last_number(circle.id, known)
    raise ConcurrentUpdate("too many join at once; try again")


async def _enter(network: Network, earlier: Membership | None, new: Membership) -> Membership:
    if earlier is None:
        await network.memberships.add(new)
        return new
    if earlier.inside:  # since before its changes were told to anybody: tell it
        again = replace(earlier, version=1)
    else:
        again = earlier.come_back(new.number, new.joined_at)
    await network.memberships.save(again)
    return again


async def _check_room(network: Network, earlier: Membership | None, member_id: UUID) -> None:
    if earlier is not None and earlier.inside:
        return
    if len(await network.memberships.circles_of(member_id)) >= MAX_CIRCLES:
        raise CirclesFull(
            f"you are in {MAX_CIRCLES} circles; leave one first", limit=str(MAX_CIRCLES)
        )
