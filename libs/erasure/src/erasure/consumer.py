"""Listens for erasures, erases, and publishes the receipt; the offset is committed after all of it.

Killed anywhere in between, the service takes the event again and does the same again: steps find
nothing more to do, and the receipt has the same id and the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common import log
from common.clock import epoch_millis
from common.ids import parse_id, timed_id
from common.kafka_consumer import Consumer, Handlers, Meta
from common.kafka_producer import Producer, headers
from common.telemetry import Tracing, current_traceparent
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kith.identity.events.v1 import identity_events_pb2 as identity

from erasure.eraser import Eraser
from erasure.events import to_event, topic_of
from erasure.receipts import Receipt

logger = log.get(__name__)
TOPICS = ("identity.account.v1",)


class Publisher:
    """Signs and publishes the receipts of one service."""

    def __init__(self, service: str, producer: Producer, key: Ed25519PrivateKey) -> None:
        self._service = service
        self._producer = producer
        self._key = key

    async def publish(self, receipt: Receipt) -> None:
        """Return when the log has it. Raises KafkaError."""
        event = to_event(receipt.signed(self._key))
        id = timed_id(epoch_millis(receipt.erased_at), receipt.erasure_id, self._service)
        made = headers(
            id=id, type=event.DESCRIPTOR.full_name,
            source=f"/{self._service}", sequence=1, traceparent=current_traceparent(),
        )  # fmt: skip
        sent = await self._producer.send(
            topic_of(self._service), key=str(receipt.erasure_id), value=event.SerializeToString(),
            headers=made,
        )  # fmt: skip
        await sent


def handlers(
    eraser: Eraser, publisher: Publisher, forget: Callable[[UUID], None] = lambda network_id: None
) -> Handlers:
    """What to do with an erasure; `forget` drops what this process remembers of a network."""

    async def on_started(event: identity.ErasureStarted, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        receipt = await eraser.erase(
            network_id, parse_id(event.member_id, "member_id"),
            parse_id(event.erasure_id, "erasure_id"),
        )  # fmt: skip
        forget(network_id)
        await publisher.publish(receipt)
        logger.info("erasure.receipt_given", erasure_id=event.erasure_id)

    return {identity.ErasureStarted: on_started}


def consumer(
    bootstrap: str, service: str, made: Handlers, producer: Producer, tracing: Tracing,
    topic_prefix: str,
) -> Consumer:  # fmt: skip
    """The consumer of a service's erasures."""
    return Consumer(
        bootstrap, group=topic_of(service), topics=TOPICS, handlers=made, producer=producer,
        tracing=tracing, topic_prefix=topic_prefix,
    )  # fmt: skip
