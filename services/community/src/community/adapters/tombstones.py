"""The end of a member in the topics that are compacted and kept for ever: hers are the keys of her
places in circles and of her connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from aiokafka.errors import KafkaError
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.mongo import ASCENDING, Database, Document
from erasure.receipts import Count
from erasure.steps import BATCH, Leaving

from community.domain.connection import State

LetGo = Callable[[str, UUID], Awaitable[None]]
"""Puts the tombstone of a key at the end of a topic. Raises Unavailable."""
TYPE = "kith.community.events.v1.TieErased"
"""Of a record without a value: no consumer knows it, so each passes it over."""


class Tombstones:
    """Implements LetGo."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def __call__(self, topic: str, key: UUID) -> None:
        """See LetGo."""
        made = headers(id=new_id(), type=TYPE, source="/community", sequence=0, traceparent=None)
        try:
            await (await self._producer.send(topic, key=str(key), value=None, headers=made))
        except KafkaError as error:
            raise Unavailable("the broker did not take it; again in a moment") from error


@dataclass(frozen=True, slots=True)
class CloseConnections:
    """From here on nobody changes a connection of hers, so that nothing is told of it later."""

    kind: str

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        return Count()

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        collection = database.collection(self.kind, leaving.network_id)
        closed = State.CLOSED.value
        close = {"$set": {"state": closed, "views": []}, "$inc": {"version": 1}}
        wanted: Document = {"member_ids": leaving.member_id}
        while found := await collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=BATCH, projection={"_id": 1}
        ):
            for document in found:
                open_one = {"_id": document["_id"], "state": {"$ne": closed}}
                await collection.update_one(open_one, close)
            wanted["_id"] = {"$gt": found[-1]["_id"]}


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
