"""What other services are told of a block: whose, of whom, and whether it holds."""

from __future__ import annotations

from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.events.v1 import block_events_pb2 as events

from messaging.domain.block import Block

BLOCK_TOPIC = "messaging.block.v1"
ERASED = "kith.messaging.events.v1.BlockErased"
"""The type of a tombstone."""


def of_block(network_id: UUID, id: UUID, block: Block) -> Outgoing:
    """The event of a block as it just became."""
    named = {
        "network_id": str(network_id), "member_id": str(block.member_id),
        "blocked_id": str(block.blocked_id),
    }  # fmt: skip
    at, told = Timestamp(), None
    at.FromMilliseconds(epoch_millis(block.changed_at))
    told = (
        events.BlockBegun(**named, begin_time=at)
        if block.holds
        else events.BlockEnded(**named, end_time=at)
    )
    return Outgoing(told, BLOCK_TOPIC, id, block.version)
