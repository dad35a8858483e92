"""Leave a circle: go out, then let the circle count it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate

from community.application.count_departures import count_departures
from community.application.ports import Network, Taken
from community.application.turns import Turns
from community.domain.circle import Circle
from community.domain.errors import CircleNotFound

TRIES = 8


async def leave_circle(
    network: Network, turns: Turns, *, circle_id: UUID, member_id: UUID, at: datetime
) -> Circle:
    """The circle without the member; who is not in it changes nothing.

    A crash before the count leaves it high until she asks again, comes back or is erased. Raises
    CircleNotFound, ConcurrentUpdate.
    """
    async with turns.of(circle_id):
        if await network.circles.get(circle_id) is not None:
            await _go_out(network, circle_id, member_id, at)
        circle = await count_departures(network, circle_id, member_id)
    if circle is None:
        raise CircleNotFound("no such circle in your network", field="circle_id")
    return circle


async def _go_out(network: Network, circle_id: UUID, member_id: UUID, at: datetime) -> None:
    for _ in range(TRIES):
        membership = await network.memberships.get(circle_id, member_id)
        if membership is None or not membership.inside:
            return
        try:
            await network.memberships.save(membership.leave(at))
        except Taken:
            continue
        return
    raise ConcurrentUpdate("you join and leave at once; try again")
