"""Leave a circle: go out, then let the circle know how often somebody did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate

from community.application.ports import Network, Taken
from community.domain.circle import Circle
from community.domain.errors import CircleNotFound

TRIES = 8


async def leave_circle(
    network: Network, *, circle_id: UUID, member_id: UUID, at: datetime
) -> Circle:
    """The circle without the member; who is not in it changes nothing.

    A crash before the count leaves it high until she asks again or the next one leaves. Raises
    CircleNotFound, ConcurrentUpdate.
    """
    circle = await network.circles.get(circle_id)
    if circle is None:
        raise CircleNotFound("no such circle in your network", field="circle_id")
    if not await _go_out(network, circle_id, member_id, at):
        return circle
    left = max(await network.memberships.departures(circle_id), circle.left_count)
    await network.circles.count_left(circle_id, left)
    return replace(circle, left_count=left)


async def _go_out(network: Network, circle_id: UUID, member_id: UUID, at: datetime) -> bool:
    """Whether she ever was in it."""
    for _ in range(TRIES):
        membership = await network.memberships.get(circle_id, member_id)
        if membership is None or not membership.inside:
            return membership is not None
        try:
            await network.memberships.save(membership.leave(at))
        except Taken:
            continue
        return True
    raise ConcurrentUpdate("you join and leave at once; try again")
