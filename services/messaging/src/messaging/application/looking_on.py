"""What a member who looks on has to know to miss nothing, and telling others that she writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from messaging.application.groups import as_now, tells_signs, with_end
from messaging.application.hub import Hub, Kind, News
from messaging.application.ports import Network
from messaging.application.sides import has_agreed
from messaging.application.together import for_each
from messaging.application.withholding import hearers, withheld_from_all
from messaging.domain.conversation import Conversation

MOST_CONVERSATIONS = 1_000
Announce = Callable[[News], Awaitable[None]]
"""Tells the instances that have the members' slots; lost when that fails."""


async def ends_of(network: Network, member_id: UUID) -> list[tuple[UUID, int]]:
    """The conversations of a member, the newest of them at most MOST_CONVERSATIONS, and the
    sequence numbers they end with; not those in which she hears nobody."""
    found = await network.conversations.page(member_id, None, MOST_CONVERSATIONS)
    heard = await _heard(network, member_id, [conversation for _, conversation in found])
    ends = await for_each(heard, lambda one: with_end(network, one))
    return [(one.id, end) for one, end in ends if member_id in one.member_ids]


async def _heard(
    network: Network, member_id: UUID, conversations: Sequence[Conversation]
) -> list[Conversation]:
    seats = await network.sides.seats.of_all(conversations)
    withheld = await withheld_from_all(network, member_id, conversations, seats)
    return [
        one
        for one in conversations
        if not one.is_pair
        or not all(withheld[one.id].hushes(peer) for peer in one.peers_of(member_id))
    ]


async def typing_in(
    network: Network, hub: Hub, announce: Announce, conversation_id: UUID, member_id: UUID
) -> None:
    """Tell whoever else takes part in a conversation that `member_id` is writing, if she does
    and has agreed to it."""
    conversation = await network.conversations.get(conversation_id)
    if conversation is None or not tells_signs(conversation):
        return
    conversation = await as_now(network, conversation)
    if member_id not in conversation.member_ids:
        return
    if not await has_agreed(network, conversation, member_id):
        return
    peers = conversation.peers_of(member_id)
    others = await hearers(network, conversation, peers, member_id)
    news = News(network.id, conversation_id, others, Kind.TYPING, by=member_id)
    hub.tell(news)
    if elsewhere := tuple(other for other in others if not hub.owns(other)):
        await announce(News(network.id, conversation_id, elsewhere, Kind.TYPING, by=member_id))
