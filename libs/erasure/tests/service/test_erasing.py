"""Erasing in a real database and telling of it on a real broker, cut off at every place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from common.clock import SystemClock
from common.ids import new_id
from common.kafka_consumer import Handlers
from common.kafka_producer import Producer, headers
from common.mongo import Database
from common.telemetry import configure
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from erasure import consumer as erasing
from erasure.eraser import Eraser
from erasure.events import from_event
from erasure.marks import COLLECTION
from erasure.receipts import Count, Receipt
from erasure.steps import BATCH, Anonymise, Leaving, Remove, Step, stand_in
from kith.erasure.events.v1 import erasure_events_pb2 as pb
from kith.identity.events.v1 import identity_events_pb2 as identity

from libs.erasure.tests.keys import KEY, PUBLIC

NETWORK, OTHER, ADA, BEN = (new_id() for _ in range(4))
NAME = "outcomes"
STEPS: tuple[Step, ...] = (Remove("notes", "by"), Anonymise("talk", "by", stand_in("by")))
MANY = BATCH + 7


class Killed(Exception):
    """The process is gone."""


class Fuse:
    """Kills before the step after so many."""

    def __init__(self, step: Step, burnt: list[str], after: int) -> None:
        self.kind = step.kind
        self._step = step
        self._burnt = burnt
        self._after = after

    async def count(self, database: Database, leaving: Leaving) -> Count:
        return await self._step.count(database, leaving)

    async def apply(self, database: Database, leaving: Leaving) -> None:
        if len(self._burnt) == self._after:
            raise Killed
        self._burnt.append(self.kind)
        await self._step.apply(database, leaving)


@pytest.fixture
async def kept(database: Database) -> Database:
    """Ada wrote much, ben wrote little, and somebody with ada's id lives in another network."""
    for name in ("notes", "talk"):
        await database.collection(name, NETWORK).insert_many([{"by": ADA} for _ in range(MANY)])
        await database.collection(name, NETWORK).insert_one({"by": BEN})
        await database.collection(name, OTHER).insert_one({"by": ADA})
    return database


async def left_of(
    database: Database, name: str, member: UUID = ADA, network: UUID = NETWORK
) -> int:
    return await database.collection(name, network).count({"by": member})


@pytest.mark.parametrize("after", [0, 1])
async def test_killed_between_any_two_steps_it_ends_in_the_same_receipt(
    kept: Database, after: int
) -> None:
    erasure_id, clock = new_id(), SystemClock()
    burnt: list[str] = []
    fused = Eraser(NAME, kept, [Fuse(step, burnt, after) for step in STEPS], clock)
    with pytest.raises(Killed):
        await fused.erase(NETWORK, ADA, erasure_id)
    whole = Eraser(NAME, kept, STEPS, clock)
    receipt = await whole.erase(NETWORK, ADA, erasure_id)

    assert receipt.counts == {"notes": Count(removed=MANY), "talk": Count(anonymised=MANY)}
    assert await whole.erase(NETWORK, ADA, erasure_id) == receipt
    assert receipt.signed(KEY) == receipt.signed(KEY)
    assert [await left_of(kept, name) for name in ("notes", "talk")] == [0, 0]
    assert [await left_of(kept, name, BEN) for name in ("notes", "talk")] == [1, 1]
    assert [await left_of(kept, name, ADA, OTHER) for name in ("notes", "talk")] == [1, 1]
    stand_ins = await kept.unscoped("talk").distinct("by", {"by": {"$nin": [ADA, BEN]}})
    assert len(stand_ins) == 1, "others could not tell that one person wrote all of it"
    (note,) = await kept.unscoped(COLLECTION).find().to_list(None)
    assert note["_id"] == erasure_id
    assert ADA not in note.values()
    assert stand_ins[0] not in note.values()


async def test_an_erasure_told_twice_gives_one_signed_receipt_twice(
    kept: Database, kafka: str, producer: Producer, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics("identity.account.v1", "outcomes.erasure.v1", "outcomes.erasure.v1.dlq")
    erasure_id = new_id()
    event = identity.ErasureStarted(
        network_id=str(NETWORK), member_id=str(ADA), erasure_id=str(erasure_id)
    )
    forgotten: list[UUID] = []
    made = erasing.handlers(
        Eraser(NAME, kept, STEPS, SystemClock()), erasing.Publisher(NAME, producer, KEY),
        forgotten.append,
    )  # fmt: skip
    async with _listening(kafka, topic_prefix, producer, made):
        for _ in range(2):
            told = headers(
                id=new_id(), type=event.DESCRIPTOR.full_name, source="/identity", sequence=1,
                traceparent=None,
            )  # fmt: skip
            sent = await producer.send(
                "identity.account.v1", key=str(ADA), value=event.SerializeToString(), headers=told
            )
            await sent
        records = await _read(kafka, topic_prefix + "outcomes.erasure.v1", 2)

    receipts: list[Receipt] = [
        from_event(pb.ErasureReceipt.FromString(value)) for _, value in records
    ]
    assert len({id for id, _ in records}) == 1
    assert receipts[0] == receipts[1]
    assert receipts[0].is_of(PUBLIC)
    assert receipts[0].erasure_id == erasure_id
    assert forgotten == [NETWORK, NETWORK]
    assert await left_of(kept, "notes") == 0


@asynccontextmanager
async def _listening(
    kafka: str, prefix: str, producer: Producer, made: Handlers
) -> AsyncIterator[None]:
    consumer = erasing.consumer(kafka, NAME, made, producer, configure(NAME, "off"), prefix)
    work = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _read(kafka: str, topic: str, count: int) -> list[tuple[bytes, bytes]]:
    """Event id and value of the first records of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    found: list[tuple[bytes, bytes]] = []

    async def enough() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            found.extend((dict(one.headers)["ce_id"], one.value) for one in records)
        return len(found) >= count

    await consumer.start()
    try:
        await until(enough)
    finally:
        await consumer.stop()
    return found
