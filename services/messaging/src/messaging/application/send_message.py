"""Send a message: one write that stores it in its place together with its events."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id

from messaging.application.hub import Hub
from messaging.application.noting import Writing
from messaging.application.ports import Network, Taken
from messaging.application.queries import conversation_of
from messaging.application.send_in_group import send_in_group
from messaging.application.sides import answer_awaited, bound_for
from messaging.application.tails import Tails
from messaging.application.withholding import heard_by, hearers
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageIdReused
from messaging.domain.message import Draft, Message, Tail, place

TRIES = 8


async def send_message(
    network: Network, tails: Tails, hub: Hub, access: Access, *, conversation_id: UUID, draft: Draft
) -> Message:
    """Store `draft` at the end and tell who looks on, or give the message it already became.

    Raises Forbidden, ConversationNotFound, MessageNotFound (there is none to reply to),
    MessageIdReused, AnswerAwaited, ConcurrentUpdate (many processes race for this conversation; try
    again).
    """
    known = await network.conversations.get(conversation_id)
    if known is not None and not known.is_pair:
        return await _to_group(Writing(network, tails, hub), access, known, draft)
    conversation = await conversation_of(network, conversation_id, access)
    return await _to_pair(Writing(network, tails, hub), conversation, draft)


async def _to_pair(writing: Writing, conversation: Conversation, draft: Draft) -> Message:
    network, hub, conversation_id = writing.network, writing.hub, conversation.id
    bound = await bound_for(network, conversation, draft.sender_id, draft.created_at)
    told = await _told(network, hub, conversation, draft)
    async with writing.tails.hold(conversation_id) as slot:
        for _ in range(TRIES):
            if not slot.known or _ahead(draft, slot.tail):  # another process may have gone on
                slot.remember(await network.messages.tail(conversation_id))
            placed = place(draft, new_id(), conversation_id, slot.tail)
            if bound is not None and placed.message.sequence > bound:
                slot.forget()  # another process may know of an answer
                if earlier := await _earlier(network, conversation, draft):
                    return earlier
                raise answer_awaited()
            try:
                await network.messages.add(conversation, placed)
            except Taken:
                slot.forget()
                if earlier := await _earlier(network, conversation, draft):
                    return earlier
                continue
            slot.remember(placed.message.tail)
            if told is None:  # nobody did when it was begun
                told = await _told(network, hub, conversation, draft) or conversation.member_ids
            hub.arrived(network.id, told, placed.message)
            return placed.message
    raise ConcurrentUpdate("too many senders at once; try again")


async def _to_group(
    writing: Writing, access: Access, conversation: Conversation, draft: Draft
) -> Message:
    """It may have been sent before, and may be so only once she is found to be in the group."""
    sent = await send_in_group(writing, access, conversation, draft)
    earlier = sent or await _earlier(writing.network, conversation, draft)
    if earlier is None:
        raise ConcurrentUpdate("too many senders at once; try again")
    return earlier


async def _told(
    network: Network, hub: Hub, conversation: Conversation, draft: Draft
) -> tuple[UUID, ...] | None:
    """Whose devices are told at once; None where nobody else looks on here: nothing is read
    then."""
    everybody, sender_id = conversation.member_ids, draft.sender_id
    if not hub.present(network.id, conversation.peers_of(sender_id)):
        return None
    return await hearers(network, conversation, everybody, sender_id, draft.created_at)


def _ahead(draft: Draft, tail: Tail | None) -> bool:
    """Whether it answers what is not there as far as this process knows."""
    return draft.reply_to > (tail.sequence if tail else 0)


async def _earlier(network: Network, conversation: Conversation, draft: Draft) -> Message | None:
    earlier = await network.messages.by_client_id(
        conversation.id, draft.sender_id, draft.client_message_id
    )
    if earlier is not None and not earlier.says(draft):
        raise MessageIdReused(
            "this client_message_id belongs to a message with other content; choose a new one",
            field="client_message_id",
        )
    if earlier is None:
        return None
    return await heard_by(network, draft.sender_id, conversation, earlier)
