"""Send a message: one write that stores it in its place together with its events."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id

from messaging.application.hub import Hub
from messaging.application.ports import Network, Taken
from messaging.application.queries import conversation_of
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageIdReused
from messaging.domain.message import Draft, Message, place

TRIES = 8


async def send_message(
    network: Network, tails: Tails, hub: Hub, access: Access, *, conversation_id: UUID, draft: Draft
) -> Message:
    """Store `draft` at the end and tell who looks on, or give the message it already became.

    Raises Forbidden, ConversationNotFound, MessageIdReused, ConcurrentUpdate (many processes race
    for this conversation; try again).
    """
    conversation = await conversation_of(network, conversation_id, access)
    async with tails.hold(conversation_id) as slot:
        for _ in range(TRIES):
            if not slot.known:
                slot.remember(await network.messages.tail(conversation_id))
            placed = place(draft, new_id(), conversation_id, slot.tail)
            try:
                await network.messages.add(conversation, placed)
            except Taken:
                slot.forget()
                if earlier := await _earlier(network, conversation, draft):
                    return earlier
                continue
            slot.remember(placed.message.tail)
            hub.arrived(network.id, conversation.member_ids, placed.message)
            return placed.message
    raise ConcurrentUpdate("too many senders at once; try again")


async def _earlier(network: Network, conversation: Conversation, draft: Draft) -> Message | None:
    earlier = await network.messages.by_client_id(
        conversation.id, draft.sender_id, draft.client_message_id
    )
    if earlier is not None and not earlier.says(draft):
        raise MessageIdReused(
            "this client_message_id belongs to a message with other content; choose a new one",
            field="client_message_id",
        )
    return earlier
