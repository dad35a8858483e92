"""Receipts of erasures, heard by every instance: only one of them erased, and what the others
remember of conversations would go on naming who is gone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from erasure.events import topic_of
from kith.erasure.events.v1 import erasure_events_pb2 as events

GROUP = "messaging.erased.v1"
"""Every process is one of its own, so that it hears of each."""
TOPICS = (topic_of("messaging"),)
BACK_SECONDS = 60.0
"""Nothing is remembered from before the start, and that is younger when this begins to hear."""


def handlers(forget: Callable[[UUID], None]) -> Handlers:
    """What to do with a receipt: `forget` what is remembered of its network."""

    async def on_receipt(event: events.ErasureReceipt, meta: Meta) -> None:
        forget(parse_id(event.network_id, "network_id"))

    return {events.ErasureReceipt: on_receipt}
