"""Send a message to a group: one insert, behind the end under whose roster its sender is in it.

A process that did not hear that she was taken out believes an older end, and is refused its place;
then it looks again. So of sending and being taken out one is first, whichever process does it.
"""

from __future__ import annotations

from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id

from messaging.application.groups import as_of
from messaging.application.noting import Writing, tell_arrived
from messaging.application.ports import Network, Taken
from messaging.application.queries import missing, require_part
from messaging.application.tails import Slot
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageNotFound
from messaging.domain.message import Draft, Message, Placed, Tail, place_among

TRIES = 16


async def send_in_group(
    writing: Writing, access: Access, conversation: Conversation, draft: Draft
) -> Message | None:
    """Store `draft` at the end and tell who looks on; None where it may be there already.

    Raises Forbidden, ConversationNotFound, MessageNotFound, ConcurrentUpdate.
    """
    network = writing.network
    async with writing.tails.hold(conversation.id) as slot:
        for _ in range(TRIES):
            conversation, tail = await _end(network, slot, conversation, draft)
            require_part(network, conversation, access)
            placed = await _placed(network, conversation, tail, draft)
            try:
                await network.messages.add(conversation, placed)
            except Taken:
                slot.forget()
                if await network.messages.by_client_id(
                    conversation.id, draft.sender_id, draft.client_message_id
                ):
                    conversation, _ = await _end(network, slot, conversation, draft)
                    require_part(network, conversation, access)
                    return None
                continue
            slot.remember(placed.message.tail)
            await tell_arrived(writing, conversation, placed.message)
            return placed.message
    raise ConcurrentUpdate("too many senders at once; try again")


async def _end(
    network: Network, slot: Slot, conversation: Conversation, draft: Draft
) -> tuple[Conversation, Tail]:
    """The group and its end, as remembered where that may be true, else read anew."""
    tail = slot.tail if slot.known else None
    if (
        tail is None
        or tail.roster_at != conversation.roster.at
        or conversation.roster.since(draft.sender_id) is None
        or draft.reply_to > tail.sequence
    ):
        tail = await network.messages.tail(conversation.id)
        slot.remember(tail)
    if tail is None:
        raise missing()  # it was never opened
    return await as_of(network, conversation, tail), tail


async def _placed(network: Network, conversation: Conversation, tail: Tail, draft: Draft) -> Placed:
    """The draft in its place: one read more if it names what it answers."""
    said_to: UUID | None = None
    if draft.reply_to:
        found = await network.messages.after(conversation.id, draft.reply_to - 1, 1)
        hers = draft.reply_to >= conversation.first_for(draft.sender_id)
        if not found or not hers or found[0].notice is not None:
            text = "there is no message with this number to reply to"
            raise MessageNotFound(text, field="reply_to_sequence")
        said_to = found[0].sender_id
    roster = conversation.roster
    return place_among(draft, new_id(), conversation.id, tail, roster, said_to)
