"""The stream processor: a Faust worker that folds `activity.member.v1` into member states.

Faust assigns partitions, restores the table from its changelog and feeds the agent. What a batch
changed is stored by us, in an order that survives a kill at any point:

1. signals are published and acknowledged,
2. states are written to the changelog and acknowledged,
3. the records of the batch are acknowledged to Faust, which commits their offsets.

A kill before 2 folds the same records again and publishes the same signals under the same ids; a
kill before 3 finds their offsets in the restored states and takes nothing. (Faust's own
exactly-once loses table updates, see the ADR.)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import faust
from aiokafka.errors import KafkaError
from common import log
from common.errors import Invalid
from common.ids import timed_id
from common.kafka_producer import Producer, headers
from common.lifecycle import Lifecycle
from google.protobuf.message import DecodeError
from kith.activity.events.v1 import activity_events_pb2 as activity_pb
from prometheus_client import Counter, Gauge, Histogram

from signals.adapters.events import ACTIVITY_TOPIC, SIGNAL_TOPIC, to_activity, to_events
from signals.application.fold import Fold, Touched
from signals.domain.codec import encode
from signals.domain.parameters import Parameters

logger = log.get(__name__)
APP_ID = "signals.state.v1"
TABLE = "members"
ACTIVITY_TYPE = activity_pb.ActivityRecorded.DESCRIPTOR.full_name
MAX_BATCH = 4_000
FLUSH_SECONDS = 0.05  # what a reader waits when there is little to do
BACKLOG = 500  # pending records that say we are behind; then larger batches store each member once
BACKLOG_SECONDS = 0.4
DLQ_IN_ROW = 5
SOURCE = "/signals"
_TAKEN = Counter("kith_signals_activities_total", "Activities by what became of them.", ["outcome"])
_LAG = Gauge("kith_signals_pending", "Activities folded and not yet stored.")
_FLUSH = Histogram("kith_signals_flush_seconds", "Time to publish and store a batch.")


class TooManyBadRecords(Exception):
    """Record after record is unreadable; a person must look before more are set aside."""


class Stream:
    """Folds records and flushes what they changed; one per worker."""

    def __init__(self, producer: Producer, parameters: Parameters) -> None:
        self._producer = producer
        self._parameters = parameters
        self._app: faust.App | None = None
        self._table: Any = None
        self._fold = Fold(self._load, parameters)
        self._events: list[Any] = []
        self._bad: list[tuple[Any, str]] = []
        self._bad_in_row = 0
        self._lock = asyncio.Lock()
        self._waiting = asyncio.Event()

    def bind(self, app: faust.App, table: Any) -> None:
        """Belong to this Faust application and use this table."""
        self._app, self._table = app, table

    async def check(self) -> None:
        """Raise unless partitions are assigned and the table is restored: for readiness."""
        app = self._app
        if app is None or app.rebalancing or app.in_recovery:
            raise RuntimeError("restoring the state")
        if not app.consumer.assignment():
            raise RuntimeError("no partitions yet")

    async def take(self, event: Any) -> None:
        """Fold one record of the activity topic; waits while a full batch is being flushed."""
        async with self._lock:
            self._events.append(event)
            self._take(event)
        self._waiting.set()
        if len(self._events) >= MAX_BATCH:
            await self.flush()

    async def flush_for_ever(self) -> None:
        """Flush soon after records came; what cannot be stored now is tried again."""
        delay = FLUSH_SECONDS
        while True:
            await self._waiting.wait()
            await asyncio.sleep(delay)
            if len(self._events) > BACKLOG:
                await asyncio.sleep(BACKLOG_SECONDS)
            try:
                await self.flush()
                delay = FLUSH_SECONDS
            except (KafkaError, TimeoutError, OSError) as error:
                delay = min(delay * 2, 5.0)
                logger.warning("signals.flush_failed", error=type(error).__name__, retry_in=delay)

    async def flush(self) -> None:
        """Publish, store and acknowledge what was folded. Raises KafkaError; nothing is lost."""
        async with self._lock:
            if not self._events:
                return
            with _FLUSH.time():
                touched = self._fold.touched()
                await self._set_aside()
                await self._publish(touched)
                await self._store(touched)
            self._fold.stored()
            for event in self._events:
                event.ack()
            _LAG.set(0)
            self._events.clear()
            self._waiting.clear()

    async def forget(self, *_: Any, **__: Any) -> None:
        """Partitions were taken away: drop what is not stored, its records will come again."""
        async with self._lock:
            self._fold.forget()
            self._events.clear()
            self._bad.clear()
            self._waiting.clear()

    def _load(self, member_id: str) -> bytes | None:
        data: bytes | None = self._table.data.get(member_id.encode())
        return data

    def _take(self, event: Any) -> None:
        message = event.message
        found = dict(message.headers or ())
        if found.get("ce_type", b"").decode() != ACTIVITY_TYPE:
            return _TAKEN.labels("skipped").inc()
        try:
            activity = activity_pb.ActivityRecorded.FromString(message.value)
            self._fold.take(
                activity.member_id, activity.network_id,
                to_activity(
                    activity, found.get("ce_id", b"").decode(), int(message.timestamp * 1000)
                ),
                message.partition, message.offset,
            )  # fmt: skip
        except (DecodeError, Invalid) as error:
            self._bad.append((message, getattr(error, "reason", "UNDECODABLE")))
            self._bad_in_row += 1
            if self._bad_in_row > DLQ_IN_ROW:
                raise TooManyBadRecords(f"{self._bad_in_row} in a row") from error
            return _TAKEN.labels("dead_lettered").inc()
        self._bad_in_row = 0
        return _TAKEN_OK.inc()

    async def _set_aside(self) -> None:
        for message, reason in self._bad:
            sent = await self._producer.send(
                f"{APP_ID}.dlq", key=(message.key or b"").decode("utf-8", "replace"),
                value=message.value or b"",
                headers=[
                    *(message.headers or ()), ("error_reason", reason.encode()),
                    ("error_attempts", b"1"),
                ],
            )  # fmt: skip
            await sent
        self._bad.clear()

    async def _publish(self, touched: list[Touched]) -> None:
        sent = []
        for member in touched:
            for offset, event in to_events(member, self._parameters):
                made = headers(
                    id=timed_id(member.state.newest_at, UUID(member.member_id), "signal", offset),
                    type=event.DESCRIPTOR.full_name, source=SOURCE, sequence=offset,
                    traceparent=None,
                )  # fmt: skip
                sent.append(
                    await self._producer.send(
                        SIGNAL_TOPIC, key=member.member_id, value=event.SerializeToString(),
                        headers=made,
                    )
                )  # fmt: skip
        await asyncio.gather(*sent)

    async def _store(self, touched: list[Touched]) -> None:
        sent = []
        for member in touched:
            key, data = member.member_id.encode(), encode(member.state)
            sent.append(self._table.send_changelog(member.partition, key, data))
            self._table.data[key] = data
        await asyncio.gather(*sent)


_TAKEN_OK = _TAKEN.labels("taken")


def build_app(kafka: str, topic_prefix: str, partitions: int, stream: Stream) -> faust.App:
    """The Faust application; its topics must be there before it starts (deploy/topics.yaml)."""
    app = faust.App(
        id=topic_prefix + APP_ID, broker=f"aiokafka://{kafka}", store="memory://",
        autodiscover=False, web_enabled=False, topic_disable_leader=True,
        topic_partitions=partitions, topic_allow_declare=False,
        processing_guarantee="at_least_once", consumer_auto_offset_reset="earliest",
        broker_session_timeout=6.0, broker_heartbeat_interval=1.5, broker_request_timeout=30.0,
        broker_commit_interval=1.0, broker_commit_every=100_000, broker_max_poll_records=2_000,
        stream_buffer_maxsize=16_384, stream_wait_empty=False, producer_compression_type="lz4",
        broker_check_crcs=False, producer_linger=0, key_serializer="raw", value_serializer="raw",
    )  # fmt: skip
    topic = app.topic(
        topic_prefix + ACTIVITY_TOPIC, key_serializer="raw", value_serializer="raw",
        key_type=bytes, value_type=bytes,
    )  # fmt: skip
    table = app.Table(
        TABLE, key_type=bytes, value_type=bytes, partitions=partitions,
    )  # fmt: skip
    stream.bind(app, table)

    async def fold(records: Any) -> None:
        async for event in records.noack().events():
            await stream.take(event)

    app.agent(topic, name="fold")(fold)
    app.task(stream.flush_for_ever)
    app.on_partitions_revoked.connect(stream.forget)
    return app


@asynccontextmanager
async def running(app: faust.App, stream: Stream, life: Lifecycle) -> AsyncIterator[None]:
    """Run the Faust application beside the block; its crash ends the process."""
    await app.start()
    try:
        async with life.background("faust", _watch(app)):
            yield
        await stream.flush()
    finally:
        await app.stop()


async def _watch(app: faust.App) -> None:
    await app.wait_until_stopped()
    raise RuntimeError("the stream stopped") from app.crash_reason
