"""Say how far a member has got in a conversation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.auth import Access
from common.errors import ConcurrentUpdate, Invalid

from messaging.application.groups import tells_signs
from messaging.application.ports import Network
from messaging.application.queries import conversation_of, last_sequence
from messaging.application.reading import WINDOW, Reading, readings
from messaging.application.sides import has_agreed
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageNotFound
from messaging.domain.mark import Mark

TRIES = 8


async def move_position(
    network: Network, access: Access, *, conversation_id: UUID, delivered: int, read: int,
    at: datetime,
) -> Reading:  # fmt: skip
    """Move the caller's mark forward; one that is not ahead changes nothing.

    Raises Forbidden, ConversationNotFound, MessageNotFound, Invalid, Unavailable, ConcurrentUpdate.
    """
    conversation = await conversation_of(network, conversation_id, access)
    if delivered < 0 or read < 0:
        raise Invalid("positions must not be negative", field="read_sequence")
    if max(delivered, read) > await last_sequence(network, conversation_id):
        text = "there is no message with this number yet"
        field = "read_sequence" if read >= delivered else "delivered_sequence"
        raise MessageNotFound(text, field=field)
    member_id = access.caller.subject
    told = await _told(network, conversation, member_id)
    for _ in range(TRIES):
        place = (conversation_id, member_id)
        before = (await network.marks.of([place])).get(place) or Mark(*place)
        after = before.moved(delivered=delivered, read=read)
        if after == before or await network.marks.save(
            after, at, await _read_of(network, conversation, before, after), told
        ):
            [reading] = await readings(network, member_id, [conversation])
            return reading
    raise ConcurrentUpdate("many devices say how far they are at once; try again")


async def _told(network: Network, conversation: Conversation, member_id: UUID) -> set[UUID]:
    """Whose devices are told: her own, and, once she agreed, those of whom she shows it to."""
    if not tells_signs(conversation):
        return {member_id}
    if not await has_agreed(network, conversation, member_id):
        return {member_id}
    hiding = await network.choices.hiding(conversation.member_ids)
    others = set() if member_id in hiding else set(conversation.member_ids) - hiding
    return others | {member_id}


async def _read_of(
    network: Network, conversation: Conversation, before: Mark, after: Mark
) -> UUID | None:
    """Whose message was read with this advance, if any was: reading one's own is none."""
    if after.read == before.read:
        return None
    hers = conversation.first_for(after.member_id) - 1
    first = max(before.read, after.read - WINDOW, hers)
    return await network.messages.newest_of_others(
        after.conversation_id, after.member_id, first, after.read
    )
