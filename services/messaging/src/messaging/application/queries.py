"""Reading conversations and messages; only who takes part sees anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.auth import Access
from policy import Facts

from messaging.application.groups import as_now
from messaging.application.ports import Network
from messaging.application.withholding import Withheld, shown, withheld_for
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound
from messaging.domain.message import Message


async def conversation_of(network: Network, conversation_id: UUID, access: Access) -> Conversation:
    """A conversation the caller takes part in now. Raises Forbidden, ConversationNotFound."""
    conversation = await network.conversations.get(conversation_id)
    if conversation is None:
        raise missing()
    conversation = await as_now(network, conversation)
    require_part(network, conversation, access)
    return conversation


def require_part(network: Network, conversation: Conversation, access: Access) -> None:
    """The caller takes part in it, as it is known. Raises Forbidden, ConversationNotFound."""
    access.require(Facts(network.id, member_ids=conversation.member_ids), missing())


def missing() -> ConversationNotFound:
    """What is told of a conversation that is none of the caller's, and of one that is not there."""
    return ConversationNotFound("no such conversation of yours", field="conversation_id")


async def message_for(
    network: Network, conversation: Conversation, reader_id: UUID, message_id: UUID
) -> Message | None:
    """A message that there is for somebody who takes part; a notice is none."""
    message = await network.messages.get(conversation.id, message_id)
    if message is None or message.notice is not None:
        return None
    return message if message.sequence >= conversation.first_for(reader_id) else None


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
    found = await page_after(network, conversation, access.caller.subject, sequence, limit + 1)
    return found[:limit], len(found) > limit


async def messages_before(
    network: Network, conversation_id: UUID, access: Access, sequence: int | None, limit: int
) -> tuple[Sequence[Message | Withheld], bool]:
    """Messages before a sequence number (None: the newest), descending, and whether there are more;
    of what is withheld from the caller the place.

    Raises Forbidden, ConversationNotFound.
    """
    conversation = await conversation_of(network, conversation_id, access)
    found = await page_before(network, conversation, access.caller.subject, sequence, limit + 1)
    return found[:limit], len(found) > limit


async def page_after(
    network: Network, conversation: Conversation, reader: UUID, sequence: int, limit: int
) -> Sequence[Message | Withheld]:
    """What somebody who takes part is shown after a number, ascending. All reading of words comes
    through here and `page_before`: what is withheld from a reader is left out in these two."""
    before = conversation.first_for(reader) - 1  # what was said then is not hers
    return shown(
        *await asyncio.gather(
            network.messages.after(conversation.id, max(sequence, before), limit),
            withheld_for(network, reader, conversation),
        )
    )


async def page_before(
    network: Network, conversation: Conversation, reader: UUID, sequence: int | None, limit: int
) -> Sequence[Message | Withheld]:
    """What somebody who takes part is shown before a number (None: the newest), descending."""
    found, withholding = await asyncio.gather(
        network.messages.before(conversation.id, sequence, limit),
        withheld_for(network, reader, conversation),
    )
    first = conversation.first_for(reader)
    return shown([one for one in found if one.sequence >= first], withholding)
