"""React to a message, and take it back: one write each, and again it changes nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate

from messaging.application.ports import Network
from messaging.application.queries import message_for, part_of
from messaging.application.sides import agree
from messaging.application.withholding import withheld_for
from messaging.domain.block import Withholding
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageDeleted, MessageNotFound, ReactionsFull
from messaging.domain.message import Message
from messaging.domain.reaction import MOST, Reaction, ReactionKind
from messaging.domain.touched import Touch

TRIES = 8


async def react(
    network: Network, access: Access, *, conversation_id: UUID, message_id: UUID,
    kind: ReactionKind, at: datetime,
) -> Message:  # fmt: skip
    """The message with the caller's reaction, as she is shown it. Who was asked agrees with it, as
    she does by writing: who asked sees it, and is to be told nothing before a yes.

    Raises Forbidden, ConversationNotFound, MessageNotFound, MessageDeleted, ReactionsFull,
    Unavailable, ConcurrentUpdate.
    """
    reaction = Reaction(access.caller.subject, kind)
    for _ in range(TRIES):
        conversation, message, hers = await _found(network, access, conversation_id, message_id)
        if reaction in message.reactions:
            return hers.heard(message)
        if message.erased:
            raise MessageDeleted("the message has no words to react to")
        if len(message.reactions) >= MOST:
            raise ReactionsFull(f"a message has at most {MOST} reactions", most=str(MOST))
        await agree(network, conversation, access.caller.subject, at)
        await network.touches.note(conversation.id, Touch(message.sequence, at))
        await network.messages.react(conversation, message, reaction, at)
    raise ConcurrentUpdate("many react to this message at once; try again")


async def unreact(
    network: Network, access: Access, *, conversation_id: UUID, message_id: UUID,
    kind: ReactionKind, at: datetime,
) -> Message:  # fmt: skip
    """The message without the caller's reaction, as she is shown it.

    Raises Forbidden, ConversationNotFound, MessageNotFound, Unavailable, ConcurrentUpdate.
    """
    reaction = Reaction(access.caller.subject, kind)
    for _ in range(TRIES):
        conversation, message, hers = await _found(network, access, conversation_id, message_id)
        if reaction not in message.reactions:
            return hers.heard(message)
        await network.touches.note(conversation.id, Touch(message.sequence, at))
        await network.messages.unreact(conversation, message, reaction, at)
    raise ConcurrentUpdate("this reaction is being changed elsewhere; try again")


async def _found(
    network: Network, access: Access, conversation_id: UUID, message_id: UUID
) -> tuple[Conversation, Message, Withholding]:
    """What is withheld from her is not there, or she would read it in the answer."""
    conversation, end = await part_of(network, conversation_id, access)
    message, hers = await asyncio.gather(
        message_for(network, conversation, end, access.caller.subject, message_id),
        withheld_for(network, access.caller.subject, conversation),
    )
    if message is None or hers.hides(message):
        raise MessageNotFound("no such message in this conversation", field="message_id")
    return conversation, message, hers
