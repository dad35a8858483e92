"""Publishing: idempotent, acknowledged by all in-sync replicas, CloudEvents headers.

An unrecoverable producer (fenced, out of sequence) is replaced by a new one at the next send:
what it had not acknowledged was reported as failed and is sent again by its owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from common import log
from common.clock import from_epoch_millis

logger = log.get(__name__)
Headers = Sequence[tuple[str, bytes]]
REQUEST_MILLIS = 10_000
CONTENT_TYPE = b"application/protobuf"
_VERSION = ("ce_specversion", b"1.0")


def headers(*, id: UUID, type: str, source: str, sequence: int, traceparent: str | None) -> Headers:
    """CloudEvents attributes in Kafka's binary content mode (Kafka protocol binding 1.0.2 §3.2).

    `ce_time` is the time in the UUIDv7 `id`, which is when the event was written.
    """
    made = [
        _VERSION,
        ("ce_id", str(id).encode()),
        ("ce_type", type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", _rfc3339(id).encode()),
        ("ce_sequence", str(sequence).encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if traceparent:
        made.append(("traceparent", traceparent.encode()))
    return made


class Producer:
    """Sends records; one for the whole process."""

    def __init__(self, bootstrap: str, client_id: str, topic_prefix: str = "") -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._prefix = topic_prefix
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._closing: asyncio.Future[None] | None = None

    async def send(
        self, topic: str, *, key: str, value: bytes, headers: Headers
    ) -> asyncio.Future[Any]:
        """Queue a record in the order of calls; the future ends when all replicas have it.

        Raises KafkaError, here or from the future: the record may or may not be in the log.
        """
        producer = self._producer or await self._start()
        try:
            future: asyncio.Future[Any] = await producer.send(
                self._prefix + topic, value=value, key=key.encode(), headers=headers
            )
        except KafkaError:
            await self._discard(producer)
            raise
        future.add_done_callback(self._forget_if_broken)
        return future

    async def check(self) -> None:
        """Raise unless the broker answers: for readiness."""
        producer = self._producer or await self._start()
        await producer.client.fetch_all_metadata()

    async def close(self) -> None:
        """Send what is queued and disconnect."""
        async with self._lock:
            if self._producer:
                producer, self._producer = self._producer, None
                await producer.stop()

    async def _start(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap, client_id=self._client_id, acks="all",
                    enable_idempotence=True, compression_type="lz4", linger_ms=0,
                    max_batch_size=64 * 1024, request_timeout_ms=REQUEST_MILLIS,
                    retry_backoff_ms=100, metadata_max_age_ms=60_000,
                )  # fmt: skip
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    def _forget_if_broken(self, future: asyncio.Future[Any]) -> None:
        if future.cancelled() or not isinstance(future.exception(), KafkaError):
            return
        broken, self._producer = self._producer, None
        if broken is not None:
            logger.warning("kafka.producer_replaced", error=type(future.exception()).__name__)
            self._closing = asyncio.ensure_future(_stop_quietly(broken))

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
            await _stop_quietly(producer)


async def _stop_quietly(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(REQUEST_MILLIS / 1000):
            await producer.stop()
    except (KafkaError, TimeoutError):
        pass  # it was broken; what it held has been reported as failed


@asynccontextmanager
async def connect(bootstrap: str, client_id: str, topic_prefix: str) -> AsyncIterator[Producer]:
    """A producer that connects now if the broker is there, else at its first send."""
    producer = Producer(bootstrap, client_id, topic_prefix)
    try:
        try:
            await producer.check()
        except KafkaConnectionError as error:
            logger.warning("kafka.not_there_yet", error=str(error))
        yield producer
    finally:
        await producer.close()


def _rfc3339(id: UUID) -> str:
    millis = id.int >> 80
    return from_epoch_millis(millis).isoformat(timespec="milliseconds").replace("+00:00", "Z")
