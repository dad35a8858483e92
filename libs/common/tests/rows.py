"""A projection as every service writes it: the row remembers the last sequence it took."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from common.ids import new_id
from common.kafka_consumer import Meta
from common.kafka_producer import Producer, Record, headers
from common.mongo import Collection, Database, DuplicateKeyError
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int64Value

from libs.common.tests.things import TOPIC

GROUP = "test.rows.v1"
NETWORK = UUID(int=7)


def record(key: str, number: int, message: Message | None = None, **replaced: bytes) -> Record:
    """An event as a relay publishes it, but for the headers that are replaced."""
    event = Int64Value(value=number) if message is None else message
    made = dict(
        headers(id=new_id(), type=event.DESCRIPTOR.full_name, source="/test", sequence=number,
                traceparent=None)
    )  # fmt: skip
    made |= replaced
    content = event.SerializeToString()
    return Record(TOPIC, key, content, list(made.items()))


def raw(key: str, value: bytes, ce_type: bytes = b"google.protobuf.Int64Value") -> Record:
    """A record with any bytes in it."""
    return Record(TOPIC, key, value, [("ce_type", ce_type), ("ce_id", b"x")])


async def publish(producer: Producer, *records: Record) -> None:
    """Bring records to the log, in this order."""
    assert not any(await producer.send_all(records))


class Rows:
    """One row for each key: its number, the sequence it was taken at, and how often it changed."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database.collection("rows", NETWORK)
        self.calls: Counter[str] = Counter()

    async def take(self, event: Int64Value, meta: Meta) -> None:
        """Inbox and effect in one write."""
        self.calls[meta.key] += 1
        older = {"_id": meta.key, "sequence": {"$lt": meta.sequence}}
        change = {"$set": {"sequence": meta.sequence, "n": event.value}, "$inc": {"changes": 1}}
        try:
            await self.collection.update_one(older, change, upsert=True)
        except DuplicateKeyError:
            return  # taken already, or older than what we have

    async def all(self) -> dict[str, tuple[int, int]]:
        """Number and changes by key."""
        found = await self.collection.find({}, sort=[("_id", 1)], limit=0)
        return {row["_id"]: (row["n"], row["changes"]) for row in found}
