"""The relay: brings waiting events to Kafka, and forgets each only when the broker has it."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from aiokafka.errors import KafkaError
from prometheus_client import Counter
from pymongo.errors import PyMongoError

from common import log
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer
from common.mongo import Database, Document
from common.outbox.documents import (
    EVERYTHING,
    FIND_DOCUMENTS,
    Part,
    batches,
    forget,
    record_of,
    waiting,
    written_before,
)
from common.outbox.offered import Offered
from common.outbox.published import Published

logger = log.get(__name__)
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
        self._sweep_at = 0.0
        self._offered = Offered()
        self._published = Published(database)
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
        if not self._offered.add(name, documents):
            self._look = True
        if self._offered.full:
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
        try:
            while True:
                try:
                    await self._publish_waiting()
                    failures = 0
                except (KafkaError, PyMongoError, OSError) as error:
                    await asyncio.sleep(_failed(error, failures))
                    failures += 1
                else:
                    await self._rest()
        finally:
            with suppress(PyMongoError):  # then the next process publishes them again
                await self._published.forget()

    async def drain(self) -> int:
        """Publish and forget all that waits now; how many events that was.

        Waiting documents that nobody told of are left for GRACE_SECONDS: they are being offered.
        """
        total = await self._publish_waiting()
        await self._published.forget()
        return total

    async def _rest(self) -> None:
        """Until somebody wakes us, or it is time to forget or to sweep what a crash left behind."""
        seconds = self._published.seconds_left if self._published else SWEEP_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
            await asyncio.sleep(LINGER_SECONDS)
        except TimeoutError:
            pass

    async def _publish_waiting(self) -> int:
        self._wake.clear()
        asked = list(self._asked)
        try:
            total = await self._publish_offered() + await self._sweep()
            if self._published and self._published.seconds_left <= 0:
                await self._published.forget()
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
            taken, stale = self._offered.take(written_before(GRACE_SECONDS))
            if stale:
                self._look = True
            for name in self._collections:
                documents = [document for owner, document in taken if owner == name]
                for batch in batches(documents):
                    total += await self._publish_batch(name, batch)
            if not self._offered.full:
                self._room.set()
        if self._look:
            self._offered.clear()
        return total

    async def _sweep(self) -> int:
        """Look in the database: for all that waits when told to, else now and then for what a
        crash left behind."""
        now = asyncio.get_running_loop().time()
        if not self._look and now < self._sweep_at:
            return 0
        if self._look:
            await self._published.forget()  # or they would be found, and published again
        # Nobody is waited for from here to the look: who wakes us is in it, or makes another.
        fresh = written_before(GRACE_SECONDS)
        before = new_id() if self._look else fresh
        self._look, self._sweep_at = False, now + SWEEP_SECONDS
        total = 0
        for name in self._collections:
            collection = self._database.unscoped(name)
            more = True
            while more:
                found = await waiting(collection, before).to_list(None)
                total += await self._relay(name, found)
                self._offered.swept((document["outbox_at"] for document in found), fresh)
                more = len(found) == FIND_DOCUMENTS
        return total

    async def _relay(self, name: str, documents: Sequence[Document]) -> int:
        """Publish and forget what was found waiting; how many events that was."""
        total = 0
        for batch in batches(documents):
            total += await self._publish(name, batch)
            await forget(self._database.unscoped(name), batch, ())
        return total

    async def _publish_batch(self, name: str, batch: Sequence[Part]) -> int:
        """Publish documents that were offered; they are forgotten with others, a little later."""
        if not self._published.has_room(batch):
            await self._published.forget()
        count = await self._publish(name, batch)
        self._published.add(name, batch)
        return count

    async def _publish(self, name: str, batch: Sequence[Part]) -> int:
        """Publish a batch. If not all was acknowledged, forget what was, and raise KafkaError."""
        events = [entry for part in batch for entry in part.entries]
        outcomes = await self._producer.send_all(
            [record_of(entry, self._source) for entry in events]
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
            await forget(self._database.unscoped(name), batch, failed.keys())
            raise next(iter(failed.values()))
        return len(events)


def _failed(error: Exception, failures: int) -> float:
    """Note a round that failed, after so many others; the seconds to wait."""
    delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
    _FAILED.inc()
    logger.warning("outbox.relay_failed", error=type(error).__name__, retry_in=delay)
    return delay
