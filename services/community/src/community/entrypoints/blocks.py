"""The events community listens to for who does not hear whom; what is not known yet is no block."""

from __future__ import annotations

from common.clock import from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.events.v1 import block_events_pb2 as events

from community.application.ports import Networks
from community.application.ports_blocks import Block

GROUP = "community.blocks.v1"
TOPICS = ("messaging.block.v1",)


def handlers(networks: Networks) -> Handlers:
    """What to do with which event. A handler raises Invalid for ids that are none."""

    async def on_begun(event: events.BlockBegun, meta: Meta) -> None:
        await take(event, True, event.begin_time, meta)

    async def on_ended(event: events.BlockEnded, meta: Meta) -> None:
        await take(event, False, event.end_time, meta)

    async def take(
        event: events.BlockBegun | events.BlockEnded, holds: bool, at: Timestamp, meta: Meta
    ) -> None:
        network = networks.of(parse_id(event.network_id, "network_id"))
        member_id = parse_id(event.member_id, "member_id")
        blocked_id = parse_id(event.blocked_id, "blocked_id")
        if member_id == blocked_id:
            raise Invalid("a block of a member by herself")
        if meta.sequence < 1:
            raise Invalid("an event without its place in the history of the block")
        millis = at.seconds * 1000 + at.nanos // 1_000_000
        time = from_epoch_millis(millis)
        await network.blocks.take(Block(member_id, blocked_id, holds, time, meta.sequence))

    return {events.BlockBegun: on_begun, events.BlockEnded: on_ended}
