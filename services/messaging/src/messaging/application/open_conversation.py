"""Open the conversation of two members."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from messaging.application.ports import Network
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MemberNotFound


async def open_conversation(
    network: Network, *, caller: UUID, peer: UUID, at: datetime
) -> Conversation:
    """The conversation of caller and peer, opened if it was not. Raises Invalid, MemberNotFound."""
    conversation = Conversation.between(network.id, caller, peer, at)
    known = await network.conversations.get(conversation.id)
    if known is not None and peer in known.member_ids:  # else she was erased, and nobody is there
        return known
    if await network.members.unknown([peer]):
        raise MemberNotFound("no such member in your network", field="member_id")
    await network.conversations.add([conversation])
    return await network.conversations.get(conversation.id) or conversation
