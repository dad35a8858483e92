"""Open a circle, with its founder in it."""

from __future__ import annotations

from common.errors import ConcurrentUpdate
from common.ids import new_id

from community.application.ports import Network, Taken
from community.domain.circle import Circle, CircleDraft, found
from community.domain.errors import RequestIdReused


async def create_circle(network: Network, draft: CircleDraft) -> Circle:
    """The new circle, or the one this request became before.

    The founder's membership is stored first: a crash between the two leaves a place in a circle
    that nobody can see, and not a circle without its founder. Raises RequestIdReused,
    ConcurrentUpdate.
    """
    earlier = await network.circles.by_request(draft.founder_id, draft.request_id)
    return _same(earlier, draft) if earlier else await _create(network, draft)


async def _create(network: Network, draft: CircleDraft) -> Circle:
    circle, membership = found(draft, new_id())
    await network.memberships.add(membership)
    try:
        await network.circles.add(circle)
    except Taken as error:
        earlier = await network.circles.by_request(draft.founder_id, draft.request_id)
        if earlier is None:
            raise ConcurrentUpdate("the circle was refused; try again") from error
        if earlier.id != circle.id:  # else a repeated write met itself
            await network.memberships.save(membership.leave(draft.created_at))
        return _same(earlier, draft)
    return circle


def _same(earlier: Circle, draft: CircleDraft) -> Circle:
    if not earlier.is_of(draft):
        raise RequestIdReused(
            "this request_id belongs to a circle with other content; choose a new one",
            field="request_id",
        )
    return earlier
