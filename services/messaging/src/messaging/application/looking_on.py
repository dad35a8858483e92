"""What a member who looks on has to know to miss nothing, and telling others that she writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from messaging.application.hub import Hub, Kind, News
from messaging.application.ports import Network

MOST_CONVERSATIONS = 1_000
AT_ONCE = 20
Announce = Callable[[News], Awaitable[None]]
"""Tells the instances that have the members' slots; lost when that fails."""


async def ends_of(network: Network, member_id: UUID) -> list[tuple[UUID, int]]:
    """The conversations of a member, the newest of them at most MOST_CONVERSATIONS, and the
    sequence numbers they end with."""
    found = await network.conversations.page(member_id, None, MOST_CONVERSATIONS)
    ids = [conversation.id for _, conversation in found]
    ends: list[tuple[UUID, int]] = []
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        tails = await asyncio.gather(*(network.messages.tail(id) for id in some))
        ends += [(id, tail.sequence if tail else 0) for id, tail in zip(some, tails, strict=True)]
    return ends


async def typing_in(
    network: Network, hub: Hub, announce: Announce, conversation_id: UUID, member_id: UUID
) -> None:
    """Tell whoever else takes part in a conversation that `member_id` is writing, if she does."""
    conversation = await network.conversations.get(conversation_id)
    if conversation is None or member_id not in conversation.member_ids:
        return
    others = conversation.peers_of(member_id)
    news = News(network.id, conversation_id, others, Kind.TYPING, by=member_id)
    hub.tell(news)
    if elsewhere := tuple(other for other in others if not hub.owns(other)):
        await announce(News(network.id, conversation_id, elsewhere, Kind.TYPING, by=member_id))
