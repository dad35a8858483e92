"""The stream: folds `activity.member.v1` into member states, and keeps what it folded.

What a batch changed is kept in an order that survives a kill at any point:

1. signals are published and acknowledged,
2. states are written to the changelog and acknowledged; the erased get a tombstone, and only then
   is it told that nothing of them is left,
3. the offsets of the batch are committed.

A kill before 2 folds the same records again and publishes the same signals again; a kill before 3
finds their offsets in the restored states and takes nothing. (Faust's own exactly-once loses table
updates, see the ADR.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka.errors import KafkaError
from common import log
from common.errors import Invalid
from common.kafka_consumer import DlqLimitReached
from common.kafka_consumer.dead_letters import DeadLetters
from common.kafka_producer import Producer
from common.telemetry import Tracing, current_traceparent
from google.protobuf.message import DecodeError
from kith.activity.events.v1.activity_events_pb2 import ActivityRecorded
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram

from signals.adapters.outlet import Outlet
from signals.adapters.records import Read, read, traceparent_of
from signals.application.fold import Fold
from signals.domain.parameters import Parameters
from signals.entrypoints.places import Partitions, Places

logger = log.get(__name__)
GROUP = "signals.state.v1"
SPAN = f"{GROUP} {ActivityRecorded.DESCRIPTOR.full_name}"
MAX_PENDING = 10_000
FLUSH_SECONDS = 0.15  # what a reader waits when there is little to do
BACKLOG = 500  # so many pending say that we are behind; then larger batches keep each member once
BACKLOG_SECONDS = 0.4
FOLLOW_SECONDS = 0.2
RETRY_SECONDS = 5.0
DRAIN_SECONDS = 5.0
_BREATHE = 50  # so many records are folded before others have their turn
_TAKEN = Counter("kith_signals_activities_total", "Activities by what became of them.", ["outcome"])
_FOLDED, _SKIPPED, _BAD = map(_TAKEN.labels, ("taken", "skipped", "dead_lettered"))
_PENDING = Gauge("kith_signals_pending", "Activities folded and not yet stored.")
_FLUSH = Histogram("kith_signals_flush_seconds", "Time to publish and store a batch.")


class Stream:
    """Folds records and keeps what they changed; one per worker."""

    def __init__(
        self, producer: Producer, parameters: Parameters, partitions: Partitions, tracing: Tracing
    ) -> None:
        self._tracing = tracing
        self._partitions = partitions
        self._places = Places(partitions)
        self._outlet = Outlet(producer, parameters)
        self._dead_letters = DeadLetters(GROUP, producer)
        self._fold = Fold(lambda member_id: partitions.states.get(member_id.encode()), parameters)
        self._pending = 0
        self._folded: dict[int, int] = {}  # where to go on from once all is stored, by partition
        self._stored: dict[int, int] = {}  # where to go on from, and not committed yet
        self._lock = asyncio.Lock()
        self._some, self._room, self._full = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._failure: Exception | None = None
        self._failing = False

    async def check(self) -> None:
        """Raise unless what is folded can be stored: for readiness."""
        if self._failing:
            raise RuntimeError("what is folded cannot be stored")

    async def take(self, records: Sequence[Any], generation: int) -> None:
        """Fold records of one partition that are next there; waits while there is no room.

        After an error that is not a record's own nothing more is folded, and `run` raises it.
        """
        await self._room.wait()
        async with self._lock:
            due = self._places.due(records, generation)
            try:
                for count, record in enumerate(due, 1):
                    await self._take(record)
                    if count % _BREATHE == 0:
                        await asyncio.sleep(0)
            except Exception as error:
                self._failure = error
                self._room.clear()
                if not isinstance(error, DlqLimitReached):
                    self._drop()  # a state may be changed by half
            if due:
                self._note(len(due))

    async def run(self) -> None:
        """Store soon after records came, for ever. Raises what `take` met."""
        delay = FLUSH_SECONDS
        while True:
            await self._some.wait()
            await asyncio.sleep(delay)
            await self._gather()
            if self._failure is not None:
                await self.drain()
                raise self._failure
            try:
                await self.flush()
            except (KafkaError, TimeoutError, OSError) as error:
                self._failing, delay = True, min(delay * 2, RETRY_SECONDS)
                name = type(error).__name__
                logger.warning("signals.flush_failed", error=name, retry_in=delay)
            else:
                self._failing, delay = False, FLUSH_SECONDS

    async def follow(self) -> None:
        """Keep to the place to read from, and commit; for ever."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self.find_place()
            except (KafkaError, TimeoutError) as error:
                logger.warning("signals.no_place", error=type(error).__name__)
            await self._commit()

    async def find_place(self) -> None:
        """Begin to read if partitions moved, or again where records were missed.

        Raises KafkaError, TimeoutError.
        """
        async with self._lock:
            await self._places.find()

    async def flush(self) -> None:
        """Publish and store what was folded. Raises KafkaError; then it is still to be done."""
        async with self._lock:
            if not self._folded:
                return
            touched = self._fold.touched()
            with _FLUSH.time():
                await self._outlet.publish(touched)
                self._keep(await self._outlet.store(touched))
                await self._outlet.tell_erased(touched)
            self._fold.stored()
            self._stored |= self._folded
            self._emptied()

    def _keep(self, stored: Mapping[bytes, bytes | None]) -> None:
        states = self._partitions.states
        for member_id, state in stored.items():
            if state is None:
                states.pop(member_id, None)
            else:
                states[member_id] = state

    async def drain(self) -> None:
        """Store and commit what was folded, if that is possible soon."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.flush()
                await self._commit()
        except (KafkaError, TimeoutError, OSError) as error:
            logger.warning("signals.not_drained", error=type(error).__name__)

    async def forget(self, *_: Any, **__: Any) -> None:
        """Partitions are taken away: drop what is not stored, its records will come again."""
        async with self._lock:
            self._places.forget()
            self._drop()

    async def _take(self, record: Any) -> None:
        try:
            found = read(record)
            if found is None:
                _SKIPPED.inc()
            else:
                self._fold_traced(found, record)
                self._dead_letters.good()
                _FOLDED.inc()
        except (DecodeError, Invalid) as error:
            await self._set_aside(record, error)
        self._places.passed(record.partition, record.offset)
        self._folded[record.partition] = record.offset + 1

    def _fold_traced(self, found: Read, record: Any) -> None:
        """Fold an activity, in a span if whatever caused it is traced."""
        traceparent = traceparent_of(record)
        if traceparent is None:
            self._fold.take(*found, record.partition, record.offset)
            return
        with self._tracing.span(SPAN, SpanKind.CONSUMER, traceparent):
            self._fold.take(*found, record.partition, record.offset)
            self._fold.traced(found.member_id, current_traceparent())

    async def _set_aside(self, record: Any, error: Exception) -> None:
        """Raises DlqLimitReached; a broker that is away is waited for."""
        while True:
            try:
                await self._dead_letters.set_aside(record, error, attempts=1)
                return _BAD.inc()
            except DlqLimitReached as limit:
                rewound = {where.partition: offset for where, offset in limit.rewind.items()}
                self._folded |= rewound
                raise
            except KafkaError as away:
                logger.warning("signals.dead_letter_waits", error=type(away).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _gather(self) -> None:
        """When there is much to do, wait for more, so that each member is stored less often."""
        if self._pending > BACKLOG and self._failure is None:
            try:
                async with asyncio.timeout(BACKLOG_SECONDS):
                    await self._full.wait()
            except TimeoutError:
                pass

    async def _commit(self) -> None:
        stored, self._stored = self._stored, {}
        if stored:
            await self._partitions.commit(stored)

    def _note(self, count: int) -> None:
        self._pending += count
        _PENDING.set(self._pending)
        self._some.set()
        if self._pending >= MAX_PENDING:
            self._room.clear()
            self._full.set()

    def _drop(self) -> None:
        self._fold.forget()
        self._dead_letters.forget_row()
        self._stored.clear()
        self._emptied()

    def _emptied(self) -> None:
        self._folded.clear()
        self._pending = 0
        _PENDING.set(0)
        self._some.clear()
        self._full.clear()
        if self._failure is None:
            self._room.set()
