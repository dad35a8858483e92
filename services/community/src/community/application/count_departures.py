"""Let a circle count how often a member left it: each departure once, whoever counts at once and
whoever dies between two writes.

The circle counts in one write that also notes whose departures these were, and only if it counted
nothing since it was read and no such note is there. Then her place is marked and the note goes. Who
finds a note finishes that first. So whoever counts has read a circle whose every count is marked in
its place, and after that the place: what is not marked there was not counted. What is marked there
may have been counted since the circle was read, which is why it is read once more.
"""

from __future__ import annotations

from uuid import UUID

from common.errors import ConcurrentUpdate

from community.application.ports import Network
from community.domain.circle import Circle, Counted

TRIES = 16


async def count_departures(network: Network, circle_id: UUID, member_id: UUID) -> Circle | None:
    """The circle, which knows of all her departures; None if there is none.

    Raises ConcurrentUpdate (many leave at once; try again).
    """
    all_marked = False
    for _ in range(TRIES):
        circle = await network.circles.get(circle_id)
        if circle is None:
            return None
        if circle.counted is not None:
            await network.memberships.mark_counted(circle_id, circle.counted)
            await network.circles.settle(circle_id, circle.counted)
            continue
        place = await network.memberships.get(circle_id, member_id)
        if place is None or not place.departures or (all_marked and not place.uncounted):
            return circle
        all_marked = not place.uncounted
        if all_marked:
            continue
        counted = Counted(member_id, place.departures)
        await network.circles.count_left(circle, place.uncounted, counted)
    raise ConcurrentUpdate("many leave at once; try again")
