"""Telling other instances what is of no worth a moment later: no outbox, and lost if it fails."""

from __future__ import annotations

from aiokafka.errors import KafkaError
from common import log
from common.ids import new_id
from common.kafka_producer import Producer, headers
from kith.messaging.events.v1 import delivery_events_pb2 as events

from messaging.adapters.due import TOPIC
from messaging.application.hub import News
from messaging.domain.slots import by_slot, key_of

logger = log.get(__name__)


class Announcer:
    """Implements looking_on.Announce for who is typing."""

    def __init__(self, producer: Producer, source: str) -> None:
        self._producer = producer
        self._source = source

    async def typing(self, news: News) -> None:
        """Send it; not waited for."""
        for slot, members in by_slot(news.member_ids).items():
            event = events.DeliveryDue(
                network_id=str(news.network_id), conversation_id=str(news.conversation_id),
                member_ids=[str(member) for member in members],
                kind=events.DELIVERY_KIND_TYPING, by_member_id=str(news.by),
            )  # fmt: skip
            made = headers(
                id=new_id(), type=event.DESCRIPTOR.full_name, source=self._source, sequence=0,
                traceparent=None,
            )  # fmt: skip
            try:
                sent = await self._producer.send(
                    TOPIC, key=str(key_of(slot)), value=event.SerializeToString(), headers=made
                )
            except KafkaError as error:
                logger.info("announcing.failed", error=type(error).__name__)
                return
            sent.add_done_callback(lambda done: done.cancelled() or done.exception())
