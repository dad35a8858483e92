"""Brings a batch to Kafka while it is this relay's turn."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from uuid import UUID

from aiokafka.errors import KafkaError
from prometheus_client import Counter

from common.kafka_producer import Producer
from common.mongo import Database
from common.outbox.documents import Part, forget, record_of
from common.outbox.turns import Turns

_PUBLISHED = Counter(
    "kith_outbox_published_total", "Events brought from an outbox to Kafka.", ["topic"]
)


class Sender:
    """Publishes for one relay."""

    def __init__(self, database: Database, producer: Producer, source: str, turns: Turns) -> None:
        self._database = database
        self._producer = producer
        self._source = source
        self._turns = turns

    async def publish(self, name: str, batch: Sequence[Part]) -> int:
        """Publish a batch. If not all was acknowledged, forget what was, and raise KafkaError.

        Nothing leaves once its turn is over, however long this process stood still. Raises
        Overtaken when another relay has the turn of any of it; then nothing is published.
        """
        collection = self._database.unscoped(name)
        documents = [part.document for part in batch]
        until = await self._turns.hold(collection, documents, self._producer.check)
        events = [entry for part in batch for entry in part.entries]
        outcomes = await self._producer.send_all(
            [record_of(entry, self._source) for entry in events], until
        )
        failed: dict[UUID, KafkaError] = {}
        published: Tally[str] = Tally()
        for entry, error in zip(events, outcomes, strict=True):
            if error is None:
                published[entry["topic"]] += 1
            else:
                failed[entry["id"]] = error
        for topic, count in published.items():
            _PUBLISHED.labels(topic).inc(count)
        if failed:
            await forget(collection, batch, failed.keys())
            raise next(iter(failed.values()))
        return len(events)
