"""Publishing: idempotent, acknowledged by all in-sync replicas, CloudEvents headers.

An idempotent producer tries again by itself for as long as it takes. When it cannot go on (fenced,
out of sequence, refused) or a record waits too long, its session ends: nothing of it leaves any
more, whatever was not acknowledged is reported as failed, and the next send opens a new session
once the old one is gone. So nothing overtakes what failed before it, and whoever owns the failed
records sends them again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError, KafkaTimeoutError, ProducerClosed

from common import log
from common.kafka_producer.records import CONTENT_TYPE, Headers, Record, headers
from common.kafka_producer.session import Session

logger = log.get(__name__)
DELIVERY_SECONDS = 30.0
__all__ = ["CONTENT_TYPE", "Headers", "Producer", "Record", "connect", "headers"]


class Producer:
    """Sends records; one for the whole process."""

    def __init__(
        self, bootstrap: str, client_id: str, topic_prefix: str = "",
        delivery_seconds: float = DELIVERY_SECONDS,
    ) -> None:  # fmt: skip
        """Prepare; a record that is not acknowledged within `delivery_seconds` has failed."""
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._prefix = topic_prefix
        self._delivery_seconds = delivery_seconds
        self._lock = asyncio.Lock()
        self._session: Session | None = None
        self._closed = False

    async def send(
        self, topic: str, *, key: str, value: bytes | None, headers: Headers
    ) -> asyncio.Future[Any]:
        """Queue a record in the order of calls; the future ends when all replicas have it.

        Raises KafkaError, here or from the future: the record may or may not be in the log.
        """
        session = await self._open()
        return await session.send(Record(topic, key, value, headers))

    async def send_all(
        self, records: Iterable[Record], until: float = math.inf
    ) -> list[KafkaError | None]:
        """Send records in order and wait for all; what became of each: None, or why it failed.

        Nothing is sent after a failure was seen, or after the time `until` (`time.monotonic`), and
        when this returns none is on its way any more. Raises KafkaError if the broker cannot be
        reached to begin with.
        """
        session = await self._open()
        sent: list[asyncio.Future[Any] | KafkaError] = []
        failure: KafkaError | None = None
        for record in records:
            if failure is None and time.monotonic() > until:
                failure = KafkaTimeoutError("it is too late to send this")
            if failure is None:
                try:
                    sent.append(await session.send(record))
                    continue
                except KafkaError as error:
                    failure = error
            sent.append(failure)
        return [await _outcome(item) for item in sent]

    async def check(self) -> None:
        """Raise unless the broker answers: for readiness."""
        await (await self._open()).check()

    async def close(self) -> None:
        """Send what is queued, for a while, and disconnect; nothing can be sent afterwards."""
        self._closed = True
        async with self._lock:
            if self._session is not None:
                await self._session.drain()

    async def _open(self) -> Session:
        if self._session is not None and not self._session.ended:
            return self._session
        async with self._lock:
            if self._closed:
                raise ProducerClosed
            if self._session is not None and self._session.ended:
                await self._session.gone()
                self._session = None
            if self._session is None:
                self._session = await Session.open(
                    self._bootstrap, self._client_id, self._prefix, self._delivery_seconds
                )
            return self._session


async def _outcome(sent: asyncio.Future[Any] | KafkaError) -> KafkaError | None:
    if isinstance(sent, KafkaError):
        return sent
    try:
        await sent
    except KafkaError as error:
        return error
    return None


@asynccontextmanager
async def connect(
    bootstrap: str, client_id: str, topic_prefix: str, delivery_seconds: float = DELIVERY_SECONDS
) -> AsyncIterator[Producer]:
    """A producer that connects now if the broker is there, else at its first send."""
    producer = Producer(bootstrap, client_id, topic_prefix, delivery_seconds)
    try:
        try:
            await producer.check()
        except KafkaError as error:
            logger.warning("kafka.not_there_yet", error=type(error).__name__)
        yield producer
    finally:
        await producer.close()
