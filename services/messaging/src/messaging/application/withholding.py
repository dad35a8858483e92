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
    """What of a conversation its reader is not to see: one read by id, two unless all agreed. Of a
    group one read of all she blocks: also who is not in it any more wrote there."""
    if not conversation.is_pair:
        return Withholding(reader_id, False, await network.sides.blocks.all_of(reader_id))
    return await _withheld_of(network, reader_id, conversation, conversation.peers_of(reader_id))


async def _withheld_of(
    network: Network, reader_id: UUID, conversation: Conversation, member_ids: Collection[UUID]
) -> Withholding:
    """The same, as far as it is about what these did."""
    blocks = await network.sides.blocks.of(reader_id, member_ids)
    deaf = conversation.is_pair and await _is_deaf(network, reader_id, conversation.id)
    return Withholding(reader_id, deaf, blocks)


async def hearers(
    network: Network, conversation: Conversation, member_ids: Collection[UUID], by: UUID,
    at: datetime | None = None,
) -> tuple[UUID, ...]:  # fmt: skip
    """Those of `member_ids` who may be told at once of what `by` does; with `at`, of what she sent
    then. Whoever is not told finds the places later, empty, when something comes that she hears."""
    others = [id for id in member_ids if id != by]
    found = await asyncio.gather(*(_withheld_of(network, id, conversation, [by]) for id in others))
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
    acting = {by, message.sender_id, *(one.member_id for one in message.reactions)}
    shown = conversation.shown(message.sequence)  # who is in a group by now, and was then
    readers = [id for id in member_ids if conversation.is_pair or id in shown]
    found = await asyncio.gather(
        *(_withheld_of(network, id, conversation, acting - {id}) for id in readers)
    )
    views: dict[Message, tuple[UUID, ...]] = {}
    for one in found:
        if not (one.hushes(by) or one.hushes(message.sender_id) or one.hides(message)):
            view = one.heard(message)
            views[view] = (*views.get(view, ()), one.reader_id)
    return [(those, view) for view, those in views.items()]


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
    blocks = network.sides.blocks
    if all(one.is_pair for one in conversations):
        peers = {peer for one in conversations for peer in one.peers_of(reader_id)}
        hers = await blocks.of(reader_id, peers)
    else:
        hers = await blocks.all_of(reader_id)
    return {
        one.id: Withholding(
            reader_id, one.is_pair and _deaf(reader_id, seats.get(one.id, ())), hers
        )
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
