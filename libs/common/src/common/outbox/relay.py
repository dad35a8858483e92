"""The relay: brings waiting events to Kafka, and forgets each only when the broker has it.

Every instance of a service has one; which of them publishes a document, its turn says (turns.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from pymongo.errors import PyMongoError

from common import log
from common.errors import Unavailable
from common.ids import new_id
from common.kafka_producer import Producer
from common.mongo import Database, Document
from common.outbox.asked import Asked
from common.outbox.documents import (
    EVERYTHING,
    FIND_DOCUMENTS,
    NOTHING,
    Part,
    batches,
    first_of,
    forget,
    waiting,
)
from common.outbox.offered import Offered
from common.outbox.published import Published
from common.outbox.rounds import Rounds
from common.outbox.sender import Sender
from common.outbox.turns import Overtaken, Turns

logger = log.get(__name__)
SWEEP_SECONDS = 1.0
LINGER_SECONDS = 0.02  # a round costs as much for ten as for one
ROOM_SECONDS = 30.0
PUBLISHED_SECONDS = 2.0


class Relay:
    """Brings the waiting events of some collections to Kafka."""

    def __init__(
        self, database: Database, collections: Sequence[str], producer: Producer, source: str,
        turns: Turns | None = None,
    ) -> None:  # fmt: skip
        """`turns` are those of this instance, unless others are given."""
        self._database = database
        self._collections = tuple(collections)
        self._turns = turns or Turns()
        self._sender = Sender(database, producer, source, self._turns)
        self._wake = asyncio.Event()
        self._looks = set(self._collections)  # where to look for all that waits
        self._sweep_at = 0.0
        self._offered = Offered()
        self._published = Published(database, self.wake)
        self._left: UUID | None = None  # of what others are to publish, what has waited longest
        self._asked = Asked()
        self._room = asyncio.Event()
        self._room.set()

    def wake(self, name: str | None = None) -> None:
        """Publish soon: something was just written, in the collection `name` if that is said. Never
        blocks. Raises ValueError for a collection that is not relayed."""
        self._looks.update(self._collections if name is None else [self._relayed(name)])
        self._wake.set()

    def offer(self, name: str, documents: Iterable[Document]) -> None:
        """Publish soon these documents, with their `_id`, as the database acknowledged them.

        They were just inserted, in this order, and do not change. Never blocks. Raises ValueError
        for a collection that is not relayed.
        """
        if not self._offered.add(self._relayed(name), documents):
            self._looks.add(name)
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
        """Wait until what is stored by now is in the log, for a little while; also what another
        instance stored, or is to publish with something of its own.

        For what must come before whatever the caller does next, in other services too (consent).
        Returns also when the broker is away: the event is safe, only its order is not.
        """
        asked = self._asked.ask()
        self.wake()
        try:
            await asyncio.wait([asked], timeout=PUBLISHED_SECONDS)
        finally:
            self._asked.drop(asked)

    async def run(self) -> None:
        """Publish for ever; see Rounds."""
        try:
            await Rounds(self._publish_waiting, self._rest, self._wake.set).run()
        finally:
            with suppress(PyMongoError):  # then the next process publishes them again
                await self._published.forget()

    async def drain(self) -> int:
        """Publish and forget all that waits now; how many events that was.

        Waiting documents that nobody told of are left for the grace: they are being offered.
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
        asked = self._asked.before()
        try:
            total = await self._publish_offered() + await self._sweep()
            if self._published and self._published.seconds_left <= 0:
                await self._published.forget()
        except Overtaken:
            logger.info("outbox.overtaken")
            self.wake()
            return 0
        except BaseException:
            self._turns.failed()
            self._looks.update(self._collections)  # what was offered is found in the database
            self._room.clear()
            raise
        self._room.set()
        self._asked.answer(asked, self._left)
        if self._asked:
            self.wake()
        return total

    async def _publish_offered(self) -> int:
        total = 0
        while self._offered:
            taken = self._offered.take()
            for name in self._collections:
                documents = [document for owner, document in taken if owner == name]
                if name in self._looks:
                    continue  # they are found in the database
                for batch in batches(documents):
                    total += await self._publish_batch(name, batch)
            if not self._offered.full:
                self._room.set()
        return total

    async def _sweep(self) -> int:
        """Look in the database: for all that waits where told to, elsewhere now and then for what a
        crash left behind."""
        now = asyncio.get_running_loop().time()
        if self._published.holds(self._collections if now >= self._sweep_at else self._looks):
            await self._published.forget()  # or they would be found, and published again
        # Nobody is waited for from here to the look: who wakes us is in it, or makes another.
        befores = dict.fromkeys(self._looks, new_id())
        if len(befores) == len(self._collections):
            self._left = None
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            befores = dict.fromkeys(self._collections, self._turns.left_behind) | befores
        self._looks.clear()
        total = 0
        for name in self._collections:
            after: UUID | None = NOTHING if name in befores else None
            while after is not None:
                count, after = await self._relay_behind(name, after, befores[name])
                total += count
        return total

    async def _relay_behind(self, name: str, after: UUID, before: UUID) -> tuple[int, UUID | None]:
        """Relay what waits behind `after`, some of it; how many events, and where to go on."""
        found = await waiting(self._database.unscoped(name), before, after).to_list(None)
        ours, others = self._turns.split(found)
        if others:
            self._left = min(self._left or EVERYTHING, others[0]["outbox_at"])
        count = await self._relay(name, ours)
        self._offered.swept(filter(None, map(first_of, ours)), self._turns.over)
        return count, found[-1]["outbox_at"] if len(found) == FIND_DOCUMENTS else None

    async def _relay(self, name: str, documents: Sequence[Document]) -> int:
        """Publish and forget what was found waiting; how many events that was."""
        total = 0
        for batch in batches(documents):
            total += await self._sender.publish(name, batch)
            if not await forget(self._database.unscoped(name), batch, ()):
                self.wake(name)
        return total

    async def _publish_batch(self, name: str, batch: Sequence[Part]) -> int:
        """Publish documents that were offered; they are forgotten with others, a little later."""
        if not self._published.has_room(batch):
            await self._published.forget()
        count = await self._sender.publish(name, batch)
        self._published.add(name, batch)
        return count

    def _relayed(self, name: str) -> str:
        if name not in self._collections:
            raise ValueError(f"{name} is not relayed")
        return name
