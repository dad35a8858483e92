"""The end of a member in topics that are compacted and kept for ever: hers are the keys of the
documents that name her."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from aiokafka.errors import KafkaError
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.mongo import ASCENDING, Database

from erasure.receipts import Count
from erasure.steps import BATCH, Leaving

LetGo = Callable[[str, UUID], Awaitable[None]]
"""Puts the tombstone of a key at the end of a topic. Raises Unavailable."""


class Tombstones:
    """Implements LetGo for one service."""

    def __init__(self, producer: Producer, service: str, type: str) -> None:
        """`type` is of a record without a value: no consumer knows it, so each passes it over."""
        self._producer = producer
        self._source = f"/{service}"
        self._type = type

    async def __call__(self, topic: str, key: UUID) -> None:
        """See LetGo."""
        made = headers(
            id=new_id(), type=self._type, source=self._source, sequence=0, traceparent=None
        )
        try:
            await (await self._producer.send(topic, key=str(key), value=None, headers=made))
        except KafkaError as error:
            raise Unavailable("the broker did not take it; again in a moment") from error


@dataclass(frozen=True, slots=True)
class RemoveTold:
    """The documents whose `field` is the member go, and leave tombstones in `topic`.

    Only once nothing of them waits to be told, or it would come behind the tombstone.
    """

    kind: str
    field: str
    topic: str
    let_go: LetGo

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        found = database.collection(self.kind, leaving.network_id)
        return Count(removed=await found.count({self.field: leaving.member_id}))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step. Raises Unavailable while something waits."""
        collection = database.collection(self.kind, leaving.network_id)
        wanted = {self.field: leaving.member_id}
        while found := await collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=BATCH, projection={"outbox_at": 1}
        ):
            if any("outbox_at" in document for document in found):
                raise Unavailable("something of hers waits to be told; again in a moment")
            ids = [document["_id"] for document in found]
            for id in ids:
                await self.let_go(self.topic, id)
            told = {"outbox_at": {"$exists": False}}  # else it is found again, and waited for
            await collection.delete_many({"_id": {"$in": ids}, **wanted, **told})
