"""What is withheld from a reader: everything that shows or counts messages asks here.

Pages, lists, search, unread counts, reactions, receipts and push take `withheld_for` a reader and a
conversation, and leave out (or keep an empty place for) whatever it covers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from messaging.application.ports import Network
from messaging.domain.block import Withholding
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message
from messaging.domain.seat import Seat


@dataclass(frozen=True, slots=True)
class Withheld:
    """The place of a message that its reader is not to see."""

    conversation_id: UUID
    sequence: int


async def withheld_for(
    network: Network, reader_id: UUID, conversation: Conversation
) -> Withholding:
    """What of a conversation its reader is not to see: one read by id, two unless all agreed."""
    blocks = await network.sides.blocks.of(reader_id, conversation.peers_of(reader_id))
    deaf = await _is_deaf(network, reader_id, conversation.id)
    return Withholding(reader_id, deaf, blocks)


async def hearers(
    network: Network, conversation: Conversation, member_ids: Collection[UUID], by: UUID,
    at: datetime | None = None,
) -> tuple[UUID, ...]:  # fmt: skip
    """Those of `member_ids` who may be told at once of what `by` does; with `at`, of what she sent
    then. Whoever is not told finds the places later, empty, when something comes that she hears."""
    others = [id for id in member_ids if id != by]
    found = await asyncio.gather(*(withheld_for(network, id, conversation) for id in others))
    deaf = {
        one.reader_id for one in found if one.hushes(by) or (at is not None and one.covers(by, at))
    }
    return tuple(id for id in member_ids if id not in deaf)


async def told_of(
    network: Network, conversation: Conversation, member_ids: Collection[UUID], message: Message,
    by: UUID,
) -> list[tuple[tuple[UUID, ...], Message]]:  # fmt: skip
    """Who may be told at once of what `by` did to a message, and the message as these are shown
    it."""
    found = await asyncio.gather(*(withheld_for(network, id, conversation) for id in member_ids))
    views: dict[Message, tuple[UUID, ...]] = {}
    for one in found:
        if not (one.hushes(by) or one.hushes(message.sender_id) or one.hides(message)):
            view = one.heard(message)
            views[view] = (*views.get(view, ()), one.reader_id)
    return [(readers, view) for view, readers in views.items()]


async def heard_by(
    network: Network, reader_id: UUID, conversation: Conversation, message: Message
) -> Message:
    """A reader's own message as she is told it; nothing is read where nobody reacted."""
    if not message.reactions:
        return message
    return (await withheld_for(network, reader_id, conversation)).heard(message)


async def withheld_from_all(
    network: Network, reader_id: UUID, conversations: Sequence[Conversation],
    seats: Mapping[UUID, Sequence[Seat]],
) -> Mapping[UUID, Withholding]:  # fmt: skip
    """The same of several conversations with these seats: one read."""
    peers = {peer for one in conversations for peer in one.peers_of(reader_id)}
    blocks = await network.sides.blocks.of(reader_id, peers)
    return {
        one.id: Withholding(reader_id, _deaf(reader_id, seats.get(one.id, ())), blocks)
        for one in conversations
    }


def shown(messages: Sequence[Message], withholding: Withholding) -> list[Message | Withheld]:
    """Messages as their reader sees them: what is withheld keeps its place, and reactions of who is
    not heard are left out."""
    return [
        Withheld(one.conversation_id, one.sequence)
        if withholding.hides(one)
        else withholding.heard(one)
        for one in messages
    ]


async def _is_deaf(network: Network, reader_id: UUID, conversation_id: UUID) -> bool:
    seats = network.sides.seats
    if await seats.settled(conversation_id):
        return False
    return _deaf(reader_id, await seats.of(conversation_id))


def _deaf(reader_id: UUID, seats: Sequence[Seat]) -> bool:
    return any(seat.member_id == reader_id and not seat.hears for seat in seats)
