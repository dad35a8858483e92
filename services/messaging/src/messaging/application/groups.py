"""Groups as they are now: the last message knows the place of the roster that holds.

What a process remembers of a group is never trusted alone: whoever reads looks at the end of the
talk first, and whoever writes behind an end that is none any more is refused its place.
"""

from __future__ import annotations

from uuid import UUID

from messaging.application.ports import Network
from messaging.domain.conversation import Conversation, ConversationKind
from messaging.domain.message import Tail
from messaging.domain.roster import Notice


async def as_now(network: Network, conversation: Conversation) -> Conversation:
    """A conversation with who is in it now: one read more for a group, none for a pair."""
    if conversation.is_pair:
        return conversation
    return await as_of(network, conversation, await network.messages.tail(conversation.id))


async def as_of(network: Network, conversation: Conversation, tail: Tail | None) -> Conversation:
    """A group as it is at this end of its talk, or later. Where the lists did not know of it,
    because who wrote it died or has not got so far, they do now. Raises ConcurrentUpdate."""
    if tail is None or tail.roster_at <= conversation.roster.at:
        return conversation
    roster = await network.messages.roster_at(conversation.id, tail.roster_at)
    if roster is None:
        return conversation
    await network.conversations.keep(conversation.id, roster)
    kept = await network.conversations.get(conversation.id)
    return kept if kept is not None else conversation.under(roster)


async def with_end(network: Network, conversation: Conversation) -> tuple[Conversation, int]:
    """A conversation as it is now, and the number of its last message, 0 for none: one read."""
    tail = await network.messages.tail(conversation.id)
    if not conversation.is_pair:
        conversation = await as_of(network, conversation, tail)
    return conversation, tail.sequence if tail else 0


async def notice_at(network: Network, conversation_id: UUID, sequence: int) -> Notice | None:
    """The notice of a place; None if there is none."""
    found = await network.messages.after(conversation_id, sequence - 1, 1)
    return found[0].notice if found else None


async def title_of(network: Network, conversation: Conversation) -> str:
    """What a group is called; nothing once whoever named it has gone, or where it is damaged."""
    if not conversation.roster.title_at:
        return ""
    notice = await notice_at(network, conversation.id, conversation.roster.title_at)
    return notice.title if notice is not None else ""


def tells_signs(conversation: Conversation) -> bool:
    """Whether others are told how far one is, and that one is writing: in a room each of 250 would
    be told of each."""
    return conversation.kind is not ConversationKind.ROOM
