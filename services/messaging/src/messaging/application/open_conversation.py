"""Open the conversation of two members."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from messaging.application.ports import Network
from messaging.application.sides import seat_both
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MemberNotFound


async def open_conversation(
    network: Network, *, caller: UUID, peer: UUID, at: datetime
) -> Conversation:
    """The conversation of caller and peer, opened if it was not; whether her peer is asked first
    her rule says. Raises Invalid, MemberNotFound, ConcurrentUpdate."""
    conversation = Conversation.between(network.id, caller, peer, at)
    known = await network.conversations.get(conversation.id)
    if known is not None and peer in known.member_ids:  # else she was erased, and nobody is there
        if not await network.sides.seats.settled(known.id):
            await seat_both(network, known, caller, peer, at)
        return known
    if await network.members.unknown([peer]):
        raise MemberNotFound("no such member in your network", field="member_id")
    await seat_both(network, conversation, caller, peer, at)
    await network.conversations.add([conversation])
    return await network.conversations.get(conversation.id) or conversation
