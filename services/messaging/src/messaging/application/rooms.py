"""The room of a circle: its roster is brought to who is in the circle, as messaging has heard.

It converges and replays nothing: whoever hears of a place, or opens the room, stores that first and
then compares, so one of both finds what the other stored. Events that come late or twice change
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from common import log
from common.ids import named_id

from messaging.application.groups import as_now
from messaging.application.noting import Writing, note
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.domain.errors import CircleNotFound, GroupFull
from messaging.domain.roster import MOST_IN_ROOM, Notice, joined, left, opened

logger = log.get(__name__)
MOST_PLACES = 2_000
"""How many of a circle are looked at: more than there are (community has its own limit)."""


async def create_room(
    writing: Writing, *, caller: UUID, circle_id: UUID, at: datetime
) -> Conversation:
    """The room of a circle the caller is in, opened with all of it if it was not.

    Raises CircleNotFound, GroupFull, ConcurrentUpdate.
    """
    network = writing.network
    members = await _members(network, circle_id)
    if caller not in members:
        raise CircleNotFound("no such circle of yours, or not heard of yet", field="circle_id")
    if len(members) > MOST_IN_ROOM:
        text = f"a circle with more than {MOST_IN_ROOM} members has no room"
        raise GroupFull(text, most=str(MOST_IN_ROOM))
    fresh = Conversation.room(network.id, circle_id, at)
    await network.conversations.add([fresh])
    await note(
        writing, fresh, caller, at,
        lambda now, _: None if now.roster.at else opened(members, (), ""),
    )  # fmt: skip
    return await _converge(writing, fresh, circle_id, at)


async def sync_room(writing: Writing, circle_id: UUID, at: datetime) -> None:
    """Bring the room of a circle, if it is open, to who is in the circle. Raises ConcurrentUpdate,
    Unavailable."""
    network = writing.network
    known = await network.conversations.get(named_id(network.id, "room", circle_id))
    if known is not None and (await as_now(network, known)).roster.at:
        await _converge(writing, known, circle_id, at)


async def sync_rooms_of(writing: Writing, member_id: UUID, at: datetime) -> None:
    """The same for all circles of somebody who is heard of only now."""
    for circle_id in await writing.network.sides.ties.circles_of(member_id):
        await sync_room(writing, circle_id, at)


async def _converge(
    writing: Writing, room: Conversation, circle_id: UUID, at: datetime
) -> Conversation:
    """One notice for each who came or went, done by herself; the circle is read anew for each."""
    while True:
        members = await _members(writing.network, circle_id)
        room = await as_now(writing.network, room)
        who = _next(room, members)
        if who is None:
            return room
        room = await note(writing, room, who, at, partial(_change, who, members))


def _next(room: Conversation, members: Sequence[UUID]) -> UUID | None:
    """Who of both is in the one and not in the other, who went first; None for nobody."""
    wanted, inside = set(members), set(room.member_ids)
    gone = [id for id in room.member_ids if id not in wanted]
    came = [id for id in members if id not in inside]
    if not gone and came and len(inside) >= MOST_IN_ROOM:
        logger.warning("room.full", conversation_id=str(room.id), outside=len(came))
        return None
    return next(iter([*gone, *came]), None)


def _change(
    member_id: UUID, members: Sequence[UUID], room: Conversation, sequence: int
) -> Notice | None:
    if member_id not in members:
        return left(room.roster, member_id, sequence)
    if len(room.member_ids) >= MOST_IN_ROOM:
        return None
    return joined(room.roster, member_id, sequence, MOST_IN_ROOM)


async def _members(network: Network, circle_id: UUID) -> Sequence[UUID]:
    """Those of a circle of whom identity has told."""
    places = await network.sides.ties.members_in(circle_id, MOST_PLACES)
    unknown = await network.members.unknown(places) if places else set()
    return [id for id in places if id not in unknown]
