"""Real producers with a fault: what stands between them and the relay fails, not Kafka."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from random import Random

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError
from common.kafka_producer import Producer, Record


class Crash(Exception):
    """The process is gone."""


class CrashesAfterPublishing(Producer):
    """Publishes, and dies before anybody learns of it."""

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        assert not any(await super().send_all(records, until))
        raise Crash


class Interrupted(Producer):
    """Something else happens while a batch is being published."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        outcomes = await super().send_all(records, until)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return outcomes


class Paused(Producer):
    """Stands still between what was read and its sending, until somebody lets it go on."""

    def __init__(self, kafka: str, client_id: str, prefix: str) -> None:
        super().__init__(kafka, client_id, prefix)
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        self.reached.set()
        await self.go_on.wait()
        return await super().send_all(records, until)


class Away(Producer):
    """The broker does not answer."""

    async def check(self) -> None:
        """See Producer."""
        raise KafkaConnectionError

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        raise KafkaConnectionError


class Unreliable(Producer):
    """Every now and then only the beginning of a batch is acknowledged, or sent at all."""

    random = Random(7)

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        batch = list(records)
        if self.random.random() < 0.6:
            return await super().send_all(batch, until)
        sent = self.random.randint(0, len(batch))
        known = self.random.randint(0, sent)
        await super().send_all(batch[:sent], until)
        unknown = KafkaTimeoutError("made to fail")
        return [None] * known + [unknown] * (len(batch) - known)


class Counting(Producer):
    """Remembers how many entries of one key were under way together, at most."""

    most = 0
    batches = 0

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """See Producer."""
        batch = list(records)
        self.batches += 1
        self.most = max(self.most, *Counter(record.key for record in batch).values())
        return await super().send_all(batch, until)
