"""Consuming: at least once, commit after effect, in order per partition, and nothing swallowed.

What becomes of a record whose handler fails:

- a transient error (UNAVAILABLE, database away): its partition pauses and tries again; order is kept
- bytes that do not decode, or an event the handler calls Invalid: to `<group>.dlq`, and go on;
  more than DLQ_IN_ROW in a row or DLQ_SHARE of the recent ones stops the consumer instead, since
  then it is not the records that are wrong
- anything else is a bug: its partition stops, because a projection would drop the event if it
  came again after later ones
- a `ce_type` nobody handles is counted and skipped
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from google.protobuf.message import DecodeError, Message
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from common import log
from common.errors import DomainError, Invalid, Kind
from common.kafka_producer import Producer
from common.telemetry import Tracing

logger = log.get(__name__)
POLL_MILLIS = 200
POLL_RECORDS = 500
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DLQ_IN_ROW = 5
DLQ_SHARE = 0.01
DLQ_WINDOW = 1000
_TAKEN = Counter(
    "kith_consumer_records_total", "Records by what became of them.", ["group", "outcome"]
)
_STOPPED = Gauge("kith_consumer_stopped_partitions", "Partitions stopped by a bug.", ["group"])


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of an event besides itself."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    sequence: int
    traceparent: str | None


Handle = Callable[[Any, Meta], Awaitable[None]]
Handlers = Mapping[type[Message], Handle]


class DlqLimitReached(Exception):
    """Too many records were undecodable or invalid; a person must look before more are set aside."""


class Consumer:
    """One member of a consumer group, from start to drain."""

    def __init__(
        self, bootstrap: str, *, group: str, topics: Sequence[str], handlers: Handlers,
        producer: Producer, tracing: Tracing, topic_prefix: str = "", from_now: bool = False,
    ) -> None:  # fmt: skip
        """Prepare; `from_now` skips what was there before, for groups that live and die with a process."""
        self._group = group
        self._topics = [topic_prefix + topic for topic in topics]
        self._handlers = {
            kind.DESCRIPTOR.full_name: (kind, handle) for kind, handle in handlers.items()
        }
        self._producer = producer
        self._tracing = tracing
        self._recent: deque[bool] = deque(maxlen=DLQ_WINDOW)
        self._in_row = 0
        self._attempts: dict[TopicPartition, int] = {}
        self._stopped: set[TopicPartition] = set()
        self._busy = asyncio.Lock()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=topic_prefix + group, enable_auto_commit=False,
            auto_offset_reset="latest" if from_now else "earliest", isolation_level="read_committed",
            session_timeout_ms=10_000, heartbeat_interval_ms=1_000, max_poll_interval_ms=300_000,
            fetch_max_wait_ms=100, metadata_max_age_ms=30_000, retry_backoff_ms=200,
        )  # fmt: skip

    async def run(self) -> None:
        """Consume until cancelled; then finish the record in hand, commit and leave the group.

        Raises DlqLimitReached. An unreachable broker is waited for.
        """
        self._consumer.subscribe(self._topics, listener=_Drain(self))
        await self._start()
        try:
            while True:
                fetched = await self._consumer.getmany(
                    timeout_ms=POLL_MILLIS, max_records=POLL_RECORDS
                )
                if fetched:
                    await asyncio.shield(asyncio.ensure_future(self._take(fetched)))
        except asyncio.CancelledError:
            async with self._busy:
                raise
        finally:
            await self._consumer.stop()

    async def check(self) -> None:
        """Raise when a partition is stopped: for readiness."""
        if self._stopped:
            raise RuntimeError("a partition is stopped by an error in its handler")

    async def _start(self) -> None:
        while True:
            try:
                return await self._consumer.start()
            except KafkaError as error:
                logger.warning("kafka.not_there_yet", error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def _take(self, fetched: Mapping[TopicPartition, Sequence[Any]]) -> None:
        async with self._busy:
            done = {}
            for partition, records in fetched.items():
                taken = await self._take_partition(partition, records)
                if taken is not None:
                    done[partition] = taken + 1
            await self._commit(done)

    async def _commit(self, done: Mapping[TopicPartition, int]) -> None:
        if not done:
            return
        try:
            await self._consumer.commit(dict(done))
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            # the group moved on; whoever has the partition now takes these again, once
            logger.info("consumer.commit_failed", group=self._group, error=type(error).__name__)

    async def _take_partition(
        self, partition: TopicPartition, records: Sequence[Any]
    ) -> int | None:
        taken = None
        for record in records:
            if partition not in self._consumer.assignment():
                return taken
            try:
                outcome = await self._take_record(record)
            except DlqLimitReached:
                await self._commit({partition: taken + 1} if taken is not None else {})
                raise
            except Exception as error:
                self._hold(partition, record, error)
                return taken
            self._attempts.pop(partition, None)
            _TAKEN.labels(self._group, outcome).inc()
            taken = record.offset
        return taken

    async def _take_record(self, record: Any) -> str:
        meta = _meta(record)
        entry = self._handlers.get(meta.type)
        if entry is None and meta.type:
            return "skipped"
        try:
            if entry is None:
                raise Invalid("no ce_type header")
            kind, handle = entry
            event = kind.FromString(record.value)
            with self._tracing.span(
                f"{self._group} {meta.type}", SpanKind.CONSUMER, meta.traceparent
            ):
                await handle(event, meta)
        except (DecodeError, Invalid) as error:
            await self._set_aside(record, error)
            return "dead_lettered"
        self._in_row = 0
        self._recent.append(False)
        return "taken"

    async def _set_aside(self, record: Any, error: Exception) -> None:
        reason = error.reason if isinstance(error, DomainError) else "UNDECODABLE"
        rejected = sum(self._recent) + 1
        if self._in_row >= DLQ_IN_ROW or (
            len(self._recent) == DLQ_WINDOW and rejected > DLQ_SHARE * DLQ_WINDOW
        ):
            raise DlqLimitReached(f"{self._group}: too many records are {reason}")
        attempts = str(self._attempts.get(TopicPartition(record.topic, record.partition), 0) + 1)
        extra = [("error_reason", reason.encode()), ("error_attempts", attempts.encode())]
        sent = await self._producer.send(
            f"{self._group}.dlq", key=(record.key or b"").decode("utf-8", "replace"),
            value=record.value or b"", headers=[*record.headers, *extra],
        )  # fmt: skip
        await sent
        self._in_row += 1
        self._recent.append(True)
        logger.error("consumer.dead_lettered", group=self._group, topic=record.topic,
                     partition=record.partition, offset=record.offset, reason=reason)  # fmt: skip

    def _hold(self, partition: TopicPartition, record: Any, error: Exception) -> None:
        """Stay before `record`: for a while if the error is transient, for good if it is a bug."""
        self._consumer.seek(partition, record.offset)
        self._consumer.pause(partition)
        if not _is_transient(error):
            self._stopped.add(partition)
            _STOPPED.labels(self._group).set(len(self._stopped))
            logger.error("consumer.partition_stopped", group=self._group, topic=partition.topic,
                         partition=partition.partition, offset=record.offset, exc_info=error)  # fmt: skip
            return
        attempt = self._attempts.get(partition, 0)
        self._attempts[partition] = attempt + 1
        delay = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
        logger.warning("consumer.partition_waits", group=self._group, partition=partition.partition,
                       error=type(error).__name__, retry_in=delay)  # fmt: skip
        asyncio.get_running_loop().call_later(delay, self._resume, partition)

    def _resume(self, partition: TopicPartition) -> None:
        if partition in self._consumer.assignment() and partition not in self._stopped:
            self._consumer.resume(partition)


class _Drain(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Lets the records in hand finish before their partitions go to somebody else."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: object) -> None:
        """Wait for the batch in hand, whose commit is the last thing it does."""
        async with self._consumer._busy:
            self._consumer._stopped.clear()
            self._consumer._attempts.clear()

    async def on_partitions_assigned(self, assigned: object) -> None:
        """Nothing to prepare."""


def _is_transient(error: Exception) -> bool:
    if isinstance(error, DomainError):
        return error.kind in {Kind.UNAVAILABLE, Kind.CONFLICT, Kind.LIMITED}
    return isinstance(error, PyMongoError | KafkaError | ConnectionError | TimeoutError)


def _meta(record: Any) -> Meta:
    found = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    sequence = found.get("ce_sequence", "")
    return Meta(
        topic=record.topic, partition=record.partition, offset=record.offset,
        key=(record.key or b"").decode("utf-8", "replace"), id=found.get("ce_id", ""),
        type=found.get("ce_type", ""), sequence=int(sequence) if sequence.isdigit() else 0,
        traceparent=found.get("traceparent"),
    )  # fmt: skip
