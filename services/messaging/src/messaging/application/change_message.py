"""Change or delete a message: one write over the version before, with its event and the trace of
what it said."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate
from policy import Facts

from messaging.application.ports import Network
from messaging.application.queries import bounded, message_for
from messaging.application.withholding import heard_by
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, MessageNotFound
from messaging.domain.message import Message
from messaging.domain.touched import Touch

TRIES = 8


async def change_message(
    network: Network, access: Access, *, conversation_id: UUID, message_id: UUID,
    change: Callable[[Message], Message],
) -> Message:  # fmt: skip
    """Bring the caller's own message to what `change` makes of it, which may be what it is.

    Raises Forbidden, ConversationNotFound, MessageNotFound, what `change` raises, Unavailable,
    ConcurrentUpdate.
    """
    for _ in range(TRIES):
        conversation, before = await _own(network, access, conversation_id, message_id)
        after = change(before)
        if after != before:
            touch = Touch(before.sequence, after.changed_at)
            await network.touches.note(conversation.id, touch)
        if after == before or await network.messages.change(conversation, before, after):
            return await heard_by(network, access.caller.subject, conversation, after)
    raise ConcurrentUpdate("this message is being changed elsewhere; try again")


async def _own(
    network: Network, access: Access, conversation_id: UUID, message_id: UUID
) -> tuple[Conversation, Message]:
    """The caller's own message. Who takes part is told that it is none of hers, others that there
    is no such conversation. Raises Forbidden, ConversationNotFound, MessageNotFound."""
    conversation = await network.conversations.get(conversation_id)
    missing = ConversationNotFound("no such conversation of yours", field="conversation_id")
    if conversation is None:
        raise missing
    caller = access.caller.subject
    conversation, end = await bounded(network, conversation)
    takes_part = caller in conversation.member_ids
    message = None
    if takes_part:
        message = await message_for(network, conversation, end, caller, message_id)
    owner = message.sender_id if message else None
    none = MessageNotFound("no such message of yours", field="message_id")
    access.require(Facts(network.id, owner_id=owner), none if takes_part else missing)
    if message is None:
        raise none
    return conversation, message
