"""The relay: brings waiting events to Kafka, and forgets each only when the broker has it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from aiokafka.errors import KafkaError
from prometheus_client import Counter
from pymongo.errors import PyMongoError

from common import log
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer, Record, headers
from common.mongo import Database, Document
from common.outbox.documents import (
    BATCH_DOCUMENTS,
    EVERYTHING,
    FIND_DOCUMENTS,
    Part,
    batches,
    forget,
    waiting,
)

logger = log.get(__name__)
MAX_OFFERED = 5_000
FULL_OFFERED = 1_000
SWEEP_SECONDS = 1.0
LINGER_SECONDS = 0.02  # a round costs as much for ten as for one
GRACE_SECONDS = 30.0  # how long what was written is left to the process that wrote it
ROOM_SECONDS = 30.0
PUBLISHED_SECONDS = 2.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
_PUBLISHED = Counter(
    "kith_outbox_published_total", "Events brought from an outbox to Kafka.", ["topic"]
)
_FAILED = Counter("kith_outbox_failed_total", "Relay rounds that failed and are repeated.")


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
        self._swept: set[UUID] = set()  # of what may still be offered
        self._asked: list[asyncio.Future[None]] = []  # who waits for the next whole round
        self._room = asyncio.Event()
        self._room.set()

    def wake(self) -> None:
        """Publish soon: something was just written. Never blocks."""
        self._look = True
        self._wake.set()

    def offer(self, name: str, documents: Iterable[Document]) -> None:
        """Publish soon these documents, with their `_id`, as the database acknowledged them.

        They were just inserted, in this order, and do not change. Never blocks. Raises ValueError
        for a collection that is not relayed.
        """
        if name not in self._collections:
            raise ValueError(f"{name} is not relayed")
        if len(self._offered) < MAX_OFFERED:
            self._offered.extend((name, document) for document in documents if "outbox" in document)
        else:
            self._look = True
        if len(self._offered) >= FULL_OFFERED:
            self._room.clear()
        self._wake.set()

    async def room(self) -> None:
        """Wait until the relay has caught up: for who writes much at once (an import).

        Raises Unavailable when it does not, because the broker is away.
        """
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._room.wait()
        except TimeoutError:
            raise Unavailable("events cannot be published at the moment; try again") from None

    async def published(self) -> None:
        """Wait until what is stored by now is in the log, for a little while.

        For what must come before whatever the caller does next, in other services too (consent).
        Returns also when the broker is away: the event is safe, only its order is not.
        """
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self.wake()
        await asyncio.wait([asked], timeout=PUBLISHED_SECONDS)

    async def run(self) -> None:
        """Publish for ever; failures of broker or database are waited out."""
        failures = 0
        while True:
            try:
                await self.drain()
                failures = 0
            except (KafkaError, PyMongoError, OSError) as error:
                _FAILED.inc()
                delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                failures += 1
                name = type(error).__name__
                logger.warning("outbox.relay_failed", error=name, retry_in=delay)
                await asyncio.sleep(delay)
                continue
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
                await asyncio.sleep(LINGER_SECONDS)
            except TimeoutError:
                pass  # nobody woke us: sweep what a crash left behind

    async def drain(self) -> int:
        """Publish all that waits now; how many events that was.

        Waiting documents that nobody told of are left for GRACE_SECONDS: they are being offered.
        """
        self._wake.clear()
        asked = list(self._asked)
        try:
            total = await self._publish_offered() + await self._sweep()
            self._room.set()
            for each in asked:
                if not each.done():
                    each.set_result(None)
            self._asked = [each for each in self._asked if not each.done()]
            return total
        except BaseException:
            self._look = True  # what was offered is found in the database
            self._room.clear()
            raise

    async def relay_once(self, name: str, before: UUID = EVERYTHING) -> int:
        """Publish and forget some documents waiting since `before`; how many events that was."""
        found = await waiting(self._database.unscoped(name), before).to_list(None)
        return await self._relay(name, found)

    async def _publish_offered(self) -> int:
        total = 0
        while self._offered and not self._look:
            taken = self._next_offered()
            for name in self._collections:
                documents = [document for owner, document in taken if owner == name]
                total += await self._relay(name, documents)
            if len(self._offered) < FULL_OFFERED:
                self._room.set()
        if self._look:
            self._offered.clear()
        return total

    def _next_offered(self) -> list[tuple[str, Document]]:
        """Some of what was offered. What is so old that another relay may have swept it is not
        trusted, nor what comes after it: the database knows what of it still waits."""
        oldest = _written_before(GRACE_SECONDS)
        taken: list[tuple[str, Document]] = []
        while self._offered and len(taken) < BATCH_DOCUMENTS:
            name, document = self._offered.popleft()
            if document["outbox_at"] in self._swept:
                continue
            if document["outbox_at"] < oldest:
                self._look = True
                break
            taken.append((name, document))
        return taken

    async def _sweep(self) -> int:
        fresh = _written_before(GRACE_SECONDS)
        before = new_id() if self._look else fresh
        self._look = False
        self._swept = {at for at in self._swept if at >= fresh}
        total = 0
        for name in self._collections:
            collection = self._database.unscoped(name)
            more = True
            while more:
                found = await waiting(collection, before).to_list(None)
                total += await self._relay(name, found)
                self._swept.update(document["outbox_at"] for document in found)
                more = len(found) == FIND_DOCUMENTS
        return total

    async def _relay(self, name: str, documents: Sequence[Document]) -> int:
        total = 0
        for batch in batches(documents):
            total += await self._publish(name, batch)
        return total

    async def _publish(self, name: str, batch: Sequence[Part]) -> int:
        """Publish a batch and forget what was acknowledged. Raises if not all of it was."""
        events = [entry for part in batch for entry in part.entries]
        outcomes = await self._producer.send_all([self._record(entry) for entry in events])
        failed: dict[UUID, KafkaError] = {}
        for entry, error in zip(events, outcomes, strict=True):
            if error is None:
                _PUBLISHED.labels(entry["topic"]).inc()
            else:
                failed[entry["id"]] = error
        await forget(self._database.unscoped(name), batch, failed.keys())
        for error in failed.values():
            raise error
        return len(events)

    def _record(self, entry: Document) -> Record:
        made = headers(
            id=entry["id"], type=entry["type"], source=self._source, sequence=entry["sequence"],
            traceparent=entry["trace"],
        )  # fmt: skip
        return Record(entry["topic"], entry["key"], bytes(entry["payload"]), made)


def _written_before(seconds: float) -> UUID:
    """The lowest UUIDv7 of `seconds` ago."""
    return UUID(int=(new_id().int >> 80) - round(seconds * 1000) << 80)
