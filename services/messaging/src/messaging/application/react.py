"""React to a message, and take it back: one write each, and again it changes nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate

from messaging.application.ports import Network
from messaging.application.queries import conversation_of
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageDeleted, MessageNotFound, ReactionsFull
from messaging.domain.message import Message
from messaging.domain.reaction import MOST, Reaction, ReactionKind

TRIES = 8


async def react(
    network: Network, access: Access, *, conversation_id: UUID, message_id: UUID,
    kind: ReactionKind, at: datetime,
) -> Message:  # fmt: skip
    """The message with the caller's reaction.

    Raises Forbidden, ConversationNotFound, MessageNotFound, MessageDeleted, ReactionsFull,
    Unavailable, ConcurrentUpdate.
    """
    reaction = Reaction(access.caller.subject, kind)
    for _ in range(TRIES):
        conversation, message = await _found(network, access, conversation_id, message_id)
        if reaction in message.reactions:
            return message
        if message.erased:
            raise MessageDeleted("the message has no words to react to")
        if len(message.reactions) >= MOST:
            raise ReactionsFull(f"a message has at most {MOST} reactions", most=str(MOST))
        await network.messages.react(conversation, message, reaction, at)
    raise ConcurrentUpdate("many react to this message at once; try again")


async def unreact(
    network: Network, access: Access, *, conversation_id: UUID, message_id: UUID,
    kind: ReactionKind, at: datetime,
) -> Message:  # fmt: skip
    """The message without the caller's reaction.

    Raises Forbidden, ConversationNotFound, MessageNotFound, Unavailable, ConcurrentUpdate.
    """
    reaction = Reaction(access.caller.subject, kind)
    for _ in range(TRIES):
        conversation, message = await _found(network, access, conversation_id, message_id)
        if reaction not in message.reactions:
            return message
        await network.messages.unreact(conversation, message, reaction, at)
    raise ConcurrentUpdate("this reaction is being changed elsewhere; try again")


async def _found(
    network: Network, access: Access, conversation_id: UUID, message_id: UUID
) -> tuple[Conversation, Message]:
    conversation = await conversation_of(network, conversation_id, access)
    message = await network.messages.get(conversation_id, message_id)
    if message is None:
        raise MessageNotFound("no such message in this conversation", field="message_id")
    return conversation, message
