"""Reading conversations and messages; only who takes part sees anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.auth import Access
from policy import Facts

from messaging.application.groups import with_end
from messaging.application.ports import Network
from messaging.application.withholding import Withheld, shown, withheld_for
from messaging.domain.conversation import NEVER, Conversation
from messaging.domain.errors import ConversationNotFound
from messaging.domain.message import Message


async def conversation_of(network: Network, conversation_id: UUID, access: Access) -> Conversation:
    """A conversation the caller takes part in now. Raises Forbidden, ConversationNotFound."""
    conversation, _ = await part_of(network, conversation_id, access)
    return conversation


async def part_of(
    network: Network, conversation_id: UUID, access: Access
) -> tuple[Conversation, int]:
    """The same, and the last place that the caller may be shown (see `bounded`).

    Raises Forbidden, ConversationNotFound.
    """
    conversation = await network.conversations.get(conversation_id)
    if conversation is None:
        raise missing()
    conversation, end = await bounded(network, conversation)
    require_part(network, conversation, access)
    return conversation, end


async def bounded(network: Network, conversation: Conversation) -> tuple[Conversation, int]:
    """A conversation with who is in it now, and the last place there is for these: where it ended
    when they were found. What is said later is read by asking again, since by then somebody may
    have been taken out. A pair stays as it is: nothing is read, and there is no last place."""
    return (conversation, NEVER) if conversation.is_pair else await with_end(network, conversation)


def require_part(network: Network, conversation: Conversation, access: Access) -> None:
    """The caller takes part in it, as it is known. Raises Forbidden, ConversationNotFound."""
    access.require(Facts(network.id, member_ids=conversation.member_ids), missing())


def missing() -> ConversationNotFound:
    """What is told of a conversation that is none of the caller's, and of one that is not there."""
    return ConversationNotFound("no such conversation of yours", field="conversation_id")


async def message_for(
    network: Network, conversation: Conversation, end: int, reader_id: UUID, message_id: UUID
) -> Message | None:
    """A message up to `end` that there is for somebody who takes part; a notice is none."""
    message = await network.messages.get(conversation.id, message_id)
    if message is None or message.notice is not None:
        return None
    return message if conversation.first_for(reader_id) <= message.sequence <= end else None


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
    conversation, end = await part_of(network, conversation_id, access)
    reader = access.caller.subject
    found = await page_after(network, conversation, end, reader, sequence, limit + 1)
    return found[:limit], len(found) > limit


async def messages_before(
    network: Network, conversation_id: UUID, access: Access, sequence: int | None, limit: int
) -> tuple[Sequence[Message | Withheld], bool]:
    """Messages before a sequence number (None: the newest), descending, and whether there are more;
    of what is withheld from the caller the place.

    Raises Forbidden, ConversationNotFound.
    """
    conversation, end = await part_of(network, conversation_id, access)
    reader = access.caller.subject
    found = await page_before(network, conversation, end, reader, sequence, limit + 1)
    return found[:limit], len(found) > limit


async def page_after(
    network: Network, conversation: Conversation, end: int, reader: UUID, sequence: int, limit: int
) -> Sequence[Message | Withheld]:
    """What somebody who takes part is shown after a number and up to `end`, ascending. All reading
    of words comes through here, `page_before` and `changed_since`: what is withheld from a reader
    is left out in these, and what was said behind the end at which she was found to take part."""
    before = conversation.first_for(reader) - 1  # what was said then is not hers
    found, withholding = await asyncio.gather(
        network.messages.after(conversation.id, max(sequence, before), limit),
        withheld_for(network, reader, conversation),
    )
    return shown([one for one in found if one.sequence <= end], withholding)


async def page_before(
    network: Network, conversation: Conversation, end: int, reader: UUID, sequence: int | None,
    limit: int,
) -> Sequence[Message | Withheld]:  # fmt: skip
    """What somebody who takes part is shown before a number (None: the newest) and up to `end`,
    descending."""
    if end != NEVER:
        sequence = end + 1 if sequence is None else min(sequence, end + 1)
    found, withholding = await asyncio.gather(
        network.messages.before(conversation.id, sequence, limit),
        withheld_for(network, reader, conversation),
    )
    first = conversation.first_for(reader)
    return shown([one for one in found if one.sequence >= first], withholding)
