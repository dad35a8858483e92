"""The end of a member in the topics of accounts and of consents, which are compacted and kept for
ever."""

from __future__ import annotations

from uuid import UUID

from aiokafka.errors import KafkaError
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer, headers

from identity.adapters.events import ACCOUNT_TOPIC, CONSENT_TOPIC

TYPE = "kith.identity.events.v1.AccountErased"
"""Of a record without a value: no consumer knows it, so each passes it over."""


class Tombstone:
    """Implements ports.LetGo."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def __call__(self, member_id: UUID) -> None:
        """See ports.LetGo."""
        made = headers(id=new_id(), type=TYPE, source="/identity", sequence=0, traceparent=None)
        try:
            for topic in (CONSENT_TOPIC, ACCOUNT_TOPIC):
                sent = await self._producer.send(
                    topic, key=str(member_id), value=None, headers=made
                )
                await sent
        except KafkaError as error:
            raise Unavailable("the broker did not take it; again at the next round") from error
