"""Reading conversations and messages; only who takes part sees anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.auth import Access
from policy import Facts

from messaging.application.ports import Network
from messaging.application.withholding import Withheld, shown, withheld_for
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound
from messaging.domain.message import Message


async def conversation_of(network: Network, conversation_id: UUID, access: Access) -> Conversation:
    """A conversation the caller may see. Raises Forbidden, ConversationNotFound."""
    conversation = await network.conversations.get(conversation_id)
    missing = ConversationNotFound("no such conversation of yours", field="conversation_id")
    if conversation is None:
        raise missing
    access.require(Facts(network.id, member_ids=conversation.member_ids), missing)
    return conversation


async def last_sequence(network: Network, conversation_id: UUID) -> int:
    """Sequence number of the newest message; 0 when there is none."""
    tail = await network.messages.tail(conversation_id)
    return tail.sequence if tail else 0


async def messages_after(
    network: Network, conversation_id: UUID, access: Access, sequence: int, limit: int
) -> tuple[Sequence[Message | Withheld], bool]:
    """Messages after a sequence number, ascending, and whether there are more;
    of what is withheld from the caller the place.

    Raises Forbidden, ConversationNotFound.
    """
    conversation = await conversation_of(network, conversation_id, access)
    found, withholding = await asyncio.gather(
        network.messages.after(conversation_id, sequence, limit + 1),
        withheld_for(network, access.caller.subject, conversation),
    )
    return shown(found[:limit], withholding), len(found) > limit


async def messages_before(
    network: Network, conversation_id: UUID, access: Access, sequence: int | None, limit: int
) -> tuple[Sequence[Message | Withheld], bool]:
    """Messages before a sequence number (None: the newest), descending, and whether there are more;
    of what is withheld from the caller the place.

    Raises Forbidden, ConversationNotFound.
    """
    conversation = await conversation_of(network, conversation_id, access)
    found, withholding = await asyncio.gather(
        network.messages.before(conversation_id, sequence, limit + 1),
        withheld_for(network, access.caller.subject, conversation),
    )
    return shown(found[:limit], withholding), len(found) > limit
