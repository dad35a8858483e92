"""What was changed while a device was away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid

from messaging.application.ports import Network
from messaging.application.queries import bounded
from messaging.application.withholding import shown, withheld_for
from messaging.domain.block import Withholding
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message
from messaging.domain.touched import KEPT

OVERLAP = timedelta(minutes=5)
"""What was noted so long before is told again: clocks differ, and devices may be told of a change
late."""
MOST_TOLD = 200
MOST_CONVERSATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Changed:
    """Messages as they are now, and conversations of which too many were changed to tell them."""

    messages: Sequence[Message]
    conversation_ids: Sequence[UUID]


async def changed_since(
    network: Network, reader_id: UUID, since: datetime, now: datetime
) -> Changed:
    """What was changed in a member's conversations, as she is shown it. Raises Invalid."""
    if since < now - KEPT:
        days = KEPT.days
        text = f"since_time lies more than {days} days back: read the pages of messages anew"
        raise Invalid(text, field="since_time")
    page = await network.conversations.page(reader_id, None, MOST_CONVERSATIONS)
    hers = {conversation.id: conversation for _, conversation in page}
    told: list[Message] = []
    behind: list[UUID] = []
    for touched in await network.touches.since(hers, since - OVERLAP):
        conversation, end = await bounded(network, hers[touched.conversation_id])
        if reader_id not in conversation.member_ids:
            continue
        withholding = await withheld_for(network, reader_id, conversation)
        if conversation.is_pair and all(map(withholding.hushes, conversation.peers_of(reader_id))):
            continue  # it may be on no list of hers
        places = touched.since(since - OVERLAP)
        if places is None or len(told) + len(places) > MOST_TOLD:
            behind.append(conversation.id)
        else:
            hers_now = [place for place in places if place <= end]
            told += await _shown(network, conversation, withholding, hers_now)
    return Changed(told, behind)


async def _shown(
    network: Network, conversation: Conversation, withholding: Withholding, places: Sequence[int]
) -> list[Message]:
    first = conversation.first_for(withholding.reader_id)  # what was said before is not hers
    hers = [place for place in places if place >= first]
    found = await asyncio.gather(
        *(network.messages.after(conversation.id, place - 1, 1) for place in hers)
    )
    there = [
        message
        for place, page in zip(hers, found, strict=True)
        for message in page
        if message.sequence == place
    ]
    return [one for one in shown(there, withholding) if isinstance(one, Message)]
