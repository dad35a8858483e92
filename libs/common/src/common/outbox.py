"""The outbox: events are stored in the same document write as the state they tell of, and a
relay brings them to Kafka afterwards, at least once and in order.

A document holds `outbox` (entries in the order written) and `outbox_at`: a UUIDv7 made by the last
write that added one, so a scalar that orders writes and names each. Its sparse index lets the relay
find waiting documents without looking at the others; finding it unchanged proves that nothing was
added since. The relay forgets an entry only after the broker has it.

Two ways to the relay: `wake` says that something was written and lets it look; `offer` hands over
documents that were just inserted and never change (messages, posts), which saves reading them back.
What a crash, a failure or a full hand-over leaves behind is found by the sweep.

Order: documents by `outbox_at`, or as offered; entries as written. A relay has at most one batch in
flight, with at most PER_KEY entries of one key, so what a crash can publish twice is bounded;
consumers that remember the last 2 × PER_KEY event ids of a key take each event once.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiokafka.errors import KafkaError
from google.protobuf.message import Message
from prometheus_client import Counter
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from common import log
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.mongo import ASCENDING, Database, Document, IndexModel
from common.telemetry import current_traceparent

logger = log.get(__name__)
MAX_WAITING = 100
PER_KEY = 32
BATCH_DOCUMENTS = 100
MAX_OFFERED = 5_000
SWEEP_SECONDS = 1.0
_ALL = UUID(int=2**128 - 1)
_PUBLISHED = Counter(
    "kith_outbox_published_total", "Events brought from an outbox to Kafka.", ["topic"]
)
_FAILED = Counter("kith_outbox_failed_total", "Relay rounds that failed and are repeated.")

INDEX = IndexModel([("outbox_at", ASCENDING)], name="outbox", sparse=True)
ROOM: Mapping[str, Any] = {f"outbox.{MAX_WAITING - 1}": {"$exists": False}}
"""Filter: the document can take one more entry; beyond it the caller is told UNAVAILABLE."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way: where to, about which aggregate, and its place in that one's history."""

    message: Message
    topic: str
    key: UUID
    sequence: int


def entries(outgoing: Iterable[Outgoing]) -> list[Document]:
    """The stored form of some events."""
    traceparent = current_traceparent()
    return [
        {
            "id": new_id(), "topic": event.topic, "key": str(event.key),
            "type": event.message.DESCRIPTOR.full_name, "payload": event.message.SerializeToString(),
            "sequence": event.sequence, "trace": traceparent,
        }
        for event in outgoing
    ]  # fmt: skip


def fields(outgoing: Iterable[Outgoing]) -> Document:
    """What a new document holds beside its state."""
    return {"outbox": entries(outgoing), "outbox_at": new_id()}


def push(outgoing: Iterable[Outgoing], set_: Mapping[str, Any]) -> Document:
    """An update that sets `set_` and adds events, in one write."""
    return {
        "$set": {**set_, "outbox_at": new_id()},
        "$push": {"outbox": {"$each": entries(outgoing)}},
    }


class Relay:
    """Brings the waiting events of some collections to Kafka."""

    def __init__(
        self, database: Database, collections: Sequence[str], producer: Producer, source: str
    ) -> None:
        self._database = database
        self._collections = tuple(collections)
        self._producer = producer
        self._source = source
        self._wake = asyncio.Event()
        self._look = True
        self._offered: deque[tuple[str, Document]] = deque()

    def wake(self) -> None:
        """Publish soon: something was just written. Never blocks."""
        self._look = True
        self._wake.set()

    def offer(self, name: str, documents: Iterable[Document]) -> None:
        """Publish soon these documents, acknowledged by the database in this order. Never blocks."""
        if len(self._offered) < MAX_OFFERED:
            self._offered.extend((name, document) for document in documents)
        else:
            self._look = True
        self._wake.set()

    async def run(self) -> None:
        """Publish for ever; failures of broker or database are waited out."""
        delay = 0.1
        while True:
            try:
                await self.drain()
                delay = 0.1
            except (KafkaError, PyMongoError, OSError) as error:
                _FAILED.inc()
                self._offered.clear()
                self._look = True
                logger.warning("outbox.relay_failed", error=type(error).__name__, retry_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
                continue
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass  # nobody woke us: sweep what a crash left behind

    async def drain(self) -> int:
        """Publish all that waits now; how many events that was.

        Waiting documents that nobody told of are left for SWEEP_SECONDS: they are being offered.
        """
        self._wake.clear()
        total = 0
        while not self._look and self._offered:
            count = min(len(self._offered), BATCH_DOCUMENTS)
            taken = [self._offered.popleft() for _ in range(count)]
            for name in self._collections:
                documents = [document for owner, document in taken if owner == name]
                total += await self._relay(name, documents)
        before = _ALL if self._look else _written_before(SWEEP_SECONDS)
        self._look = False
        for name in self._collections:
            while published := await self.relay_once(name, before):
                total += published
        return total

    async def relay_once(self, name: str, before: UUID = _ALL) -> int:
        """Publish and forget some documents whose `outbox_at` is lower; how many events that was."""
        raw = self._database.unscoped(name)
        cursor = raw.find({"outbox_at": {"$lt": before}}, {"outbox": 1, "outbox_at": 1})
        found = await cursor.sort([("outbox_at", ASCENDING)]).limit(BATCH_DOCUMENTS).to_list(None)
        return await self._relay(name, found)

    async def _relay(self, name: str, documents: Sequence[Document]) -> int:
        raw = self._database.unscoped(name)
        total = 0
        for batch in _bounded(documents):
            await self._publish(batch)
            unchanged = {"outbox_at": {"$in": [document["outbox_at"] for document in batch]}}
            result = await raw.update_many(unchanged, {"$unset": {"outbox": "", "outbox_at": ""}})
            if result.matched_count < len(batch):  # more was added, or another relay was here
                await raw.bulk_write([_forget_some(document) for document in batch], ordered=False)
            total += sum(len(document["outbox"]) for document in batch)
        return total

    async def _publish(self, batch: Sequence[Document]) -> None:
        sent = []
        for document in batch:
            for stored in document["outbox"]:
                sent.append(
                    await self._producer.send(
                        stored["topic"], key=stored["key"], value=bytes(stored["payload"]),
                        headers=headers(
                            id=stored["id"], type=stored["type"], source=self._source,
                            sequence=stored["sequence"], traceparent=stored["trace"],
                        ),
                    )
                )  # fmt: skip
        results = await asyncio.gather(*sent, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for document in batch:
            for stored in document["outbox"]:
                _PUBLISHED.labels(stored["topic"]).inc()


def _bounded(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Cut into runs with at most PER_KEY entries of one key each (or one document)."""
    tally: Tally[str] = Tally()
    batch: list[Document] = []
    for document in documents:
        keys = Tally(stored["key"] for stored in document["outbox"])
        if batch and any(tally[key] + count > PER_KEY for key, count in keys.items()):
            yield batch
            batch, tally = [], Tally()
        batch.append(document)
        tally.update(keys)
    if batch:
        yield batch


def _written_before(seconds: float) -> UUID:
    """The lowest UUIDv7 of `seconds` ago."""
    return UUID(int=(new_id().int >> 80) - round(seconds * 1000) << 80)


def _forget_some(document: Document) -> UpdateOne:
    """Take what was published out of an outbox that has more; it stays waiting."""
    ids = [stored["id"] for stored in document["outbox"]]
    return UpdateOne({"_id": document["_id"]}, {"$pull": {"outbox": {"id": {"$in": ids}}}})
