"""One idempotent producer from its start to its first failure, after which nothing follows.

aiokafka numbers what it sends, and a batch that failed leaves a gap: what is queued behind it
would be refused or, worse, overtake it. So the first failure ends the session.
"""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
    UnknownTopicOrPartitionError,
)

from common import log
from common.kafka_producer.records import Record
from common.kafka_producer.spread import spread

logger = log.get(__name__)
REQUEST_MILLIS = 10_000
OPEN_SECONDS = 30.0
CLOSE_SECONDS = 5.0
# Raised before a record is queued: the record is wrong, or there is no room, the session is well.
_REFUSED_AT_ONCE = (MessageSizeTooLargeError, UnknownTopicOrPartitionError, KafkaTimeoutError)


class Session:
    """Queues records; ends by itself when one fails or is not acknowledged in time."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, delivery_seconds: float) -> None:
        self.ended = False
        self._producer = producer
        self._prefix = prefix
        self._delivery_seconds = delivery_seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[asyncio.Future[Any], float] = {}  # when it was sent, oldest first
        self._alarm: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, bootstrap: str, client_id: str, prefix: str, delivery_seconds: float
    ) -> Session:
        """Connect. Raises KafkaError."""
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, client_id=client_id, acks="all", enable_idempotence=True,
            compression_type="lz4", linger_ms=0, max_batch_size=64 * 1024,
            partitioner=spread, request_timeout_ms=REQUEST_MILLIS, retry_backoff_ms=100,
            metadata_max_age_ms=60_000,
        )  # fmt: skip
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await producer.start()
        except BaseException as error:
            await producer.stop()
            if isinstance(error, TimeoutError):
                raise KafkaTimeoutError("the broker does not answer") from error
            raise
        return cls(producer, prefix, delivery_seconds)

    async def send(self, record: Record) -> asyncio.Future[Any]:
        """Queue a record; the future ends when it is acknowledged, or with the session."""
        if self.ended:
            raise ProducerClosed
        try:
            future: asyncio.Future[Any] = await self._producer.send(
                self._prefix + record.topic, value=record.value, key=record.key.encode(),
                headers=record.headers,
            )  # fmt: skip
        except KafkaError as error:
            if not isinstance(error, _REFUSED_AT_ONCE):
                self.end(error)
            raise
        future.add_done_callback(self._settled)
        if self.ended:  # while we waited for room: it was queued, and will never leave
            raise ProducerClosed
        self._waiting[future] = self._loop.time()
        if self._alarm is None:
            self._alarm = self._loop.call_later(self._delivery_seconds, self._look)
        return future

    async def check(self) -> None:
        """Raise unless the broker answers."""
        await self._producer.client.fetch_all_metadata()

    def end(self, error: KafkaError) -> None:
        """Let nothing leave any more, from this very moment."""
        if self.ended:
            return
        self.ended = True
        self._sender.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        if not isinstance(error, ProducerClosed):
            logger.warning("kafka.session_ended", error=type(error).__name__)
        self._leaving = self._loop.create_task(self._leave(error))

    async def gone(self) -> None:
        """Return when nothing of an ended session is on its way any more."""
        if self._leaving is not None:
            await asyncio.shield(self._leaving)

    async def drain(self) -> None:
        """Wait for what is queued, for a while, then end."""
        if self._waiting and not self.ended:
            await asyncio.wait(list(self._waiting), timeout=CLOSE_SECONDS)
        if not self.ended:
            self.end(ProducerClosed())
        await self.gone()

    async def _leave(self, error: KafkaError) -> None:
        # What is on the wire comes to its end, so that a next session cannot be overtaken by it.
        await asyncio.wait([self._sender], timeout=REQUEST_MILLIS / 1000)
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(copy.copy(error))
        self._producer._closed = True  # its own `stop` would wait for what was given up
        await self._producer.client.close()

    def _settled(self, future: asyncio.Future[Any]) -> None:
        self._waiting.pop(future, None)
        if not future.cancelled() and isinstance(error := future.exception(), KafkaError):
            self.end(error)

    def _look(self) -> None:
        self._alarm = None
        if not self._waiting:
            return
        left = next(iter(self._waiting.values())) + self._delivery_seconds - self._loop.time()
        if left <= 0:
            self.end(KafkaTimeoutError("not acknowledged in time"))
        else:
            self._alarm = self._loop.call_later(left, self._look)

    @property
    def _sender(self) -> asyncio.Task[None]:
        """The task that writes to the broker: aiokafka has no other way to stop it at once."""
        task: asyncio.Task[None] = self._producer._sender.sender_task
        return task
