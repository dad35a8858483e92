"""Conversations with all their reader is told of them: her side, and how far she and others are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kith.messaging.v1 import messaging_pb2 as pb

from messaging.application.ports import Network
from messaging.application.presence import presences
from messaging.application.reading import readings
from messaging.application.shown import Shown, shown_to
from messaging.domain.conversation import Conversation
from messaging.entrypoints.receipts import reading_of
from messaging.entrypoints.telling import conversation_pb


async def told_one(
    network: Network, reader_id: UUID, conversation: Conversation, now: datetime
) -> pb.Conversation:
    """One of them. Raises ConversationNotFound."""
    [found] = await told(
        network, reader_id, [await shown_to(network, conversation, reader_id, now)], now
    )
    return found


async def told(
    network: Network, reader_id: UUID, shown: Sequence[Shown], now: datetime
) -> list[pb.Conversation]:
    """As they are told to somebody who takes part in them, or is invited."""
    conversations = [one.conversation for one in shown if one.inside]
    ends = {one.conversation.id: one.last_sequence for one in shown}
    found, here = await asyncio.gather(
        readings(network, reader_id, conversations, ends),
        presences(network, reader_id, shown, now),
    )
    read = {one.conversation.id: reading_of(one) for one in found}
    return [
        conversation_pb(one, reader_id, read.get(id), here.get(id), now)
        for one in shown
        for id in [one.conversation.id]
    ]
