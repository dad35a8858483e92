"""The room of a circle: its roster is brought to who is in the circle, as messaging has heard.

It converges and replays nothing: whoever hears of a place, or opens the room, stores that first and
then compares, so one of both finds what the other stored. Events that come late or twice change
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from common import log
from common.errors import DomainError, Kind
from common.ids import named_id

from messaging.application.groups import as_now
from messaging.application.noting import Writing, note
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.domain.errors import CircleNotFound, GroupFull
from messaging.domain.roster import MOST_IN_ROOM, Notice, joined, left, opened

logger = log.get(__name__)
AGAIN = frozenset({Kind.UNAVAILABLE, Kind.CONFLICT, Kind.LIMITED})
"""What is tried again; anything else that is wrong with a room would be wrong again."""
MOST_PLACES = 2 * MOST_IN_ROOM
"""How many of a circle are looked at for who might come: more than could be in the room already."""


async def create_room(
    writing: Writing, *, caller: UUID, circle_id: UUID, at: datetime
) -> Conversation:
    """The room of a circle the caller is in, opened with all of it if it was not.

    Raises CircleNotFound, GroupFull, ConcurrentUpdate.
    """
    network = writing.network
    if not await _inside(network, circle_id, [caller]):
        raise CircleNotFound("no such circle of yours, or not heard of yet", field="circle_id")
    known = await network.conversations.get(named_id(network.id, "room", circle_id))
    if known is not None and (await as_now(network, known)).roster.since(caller) is not None:
        return await _converge(writing, known, circle_id, at)
    members = await _some(network, circle_id)
    if len(members) > MOST_IN_ROOM:
        text = f"the room of a circle has at most {MOST_IN_ROOM} members"
        raise GroupFull(text, most=str(MOST_IN_ROOM))
    fresh = Conversation.room(network.id, circle_id, at)
    await network.conversations.add([fresh])
    await note(
        writing, fresh, caller, at,
        lambda now, _: None if now.roster.at else opened(members, (), ""),
    )  # fmt: skip
    return await _converge(writing, fresh, circle_id, at)


async def sync_room(writing: Writing, circle_id: UUID, at: datetime) -> None:
    """Bring the room of a circle, if it is open, to who is in the circle. A room that cannot be
    written is passed over: no other waits for it. Raises ConcurrentUpdate, Unavailable."""
    network = writing.network
    id = named_id(network.id, "room", circle_id)
    try:
        known = await network.conversations.get(id)
        if known is not None and (await as_now(network, known)).roster.at:
            await _converge(writing, known, circle_id, at)
    except DomainError as error:
        if error.kind in AGAIN:
            raise
        logger.error("room.passed_over", conversation_id=str(id), reason=error.reason)


async def sync_rooms_of(writing: Writing, member_id: UUID, at: datetime) -> None:
    """The same for all circles of somebody who is heard of only now."""
    for circle_id in await writing.network.sides.ties.circles_of(member_id):
        await sync_room(writing, circle_id, at)


async def _converge(
    writing: Writing, room: Conversation, circle_id: UUID, at: datetime
) -> Conversation:
    """One notice for each who came or went, done by herself; the circle is read anew for each."""
    network = writing.network
    while True:
        room = await as_now(network, room)
        who = await _next(network, room, circle_id)
        if who is None:
            return room
        comes = bool(await _inside(network, circle_id, [who]))
        room = await note(writing, room, who, at, partial(_change, who, comes))


async def _next(network: Network, room: Conversation, circle_id: UUID) -> UUID | None:
    """Who is in the room and not in the circle, or the other way round; None for nobody."""
    inside = await _inside(network, circle_id, room.member_ids)
    gone = [id for id in room.member_ids if id not in inside]
    if gone:
        return gone[0]
    came = [id for id in await _some(network, circle_id) if id not in inside]
    if came and len(inside) >= MOST_IN_ROOM:
        logger.warning("room.full", conversation_id=str(room.id), outside=len(came))
        return None
    return came[0] if came else None


def _change(member_id: UUID, comes: bool, room: Conversation, sequence: int) -> Notice | None:
    if not comes:
        return left(room.roster, member_id, sequence)
    if len(room.member_ids) >= MOST_IN_ROOM:
        return None
    return joined(room.roster, member_id, sequence, MOST_IN_ROOM)


async def _inside(network: Network, circle_id: UUID, member_ids: Collection[UUID]) -> set[UUID]:
    """Those of these who are in a circle, and of whom identity has told."""
    found = await network.sides.ties.those_in(circle_id, member_ids)
    return found - await network.members.unknown(found) if found else found


async def _some(network: Network, circle_id: UUID) -> Sequence[UUID]:
    """The first MOST_PLACES of a circle, without those of whom identity has not told."""
    places = await network.sides.ties.members_in(circle_id, MOST_PLACES)
    unknown = await network.members.unknown(places) if places else set()
    return [id for id in places if id not in unknown]
