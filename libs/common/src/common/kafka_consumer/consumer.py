"""One member of a consumer group, from start to drain.

The batch in hand and a change of partitions exclude each other (`_busy`): partitions are given up
only between two records, with everything taken so far committed. Otherwise offsets are committed
now and then: a commit costs as much as taking twenty records, and what a crash makes come again
changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from common import log
from common.ids import new_id
from common.kafka_consumer.catching_up import CatchingUp
from common.kafka_consumer.client import make_client
from common.kafka_consumer.dead_letters import DeadLetters, DlqLimitReached
from common.kafka_consumer.dispatch import Dispatch
from common.kafka_consumer.given import Given, keys_of, nobody
from common.kafka_consumer.listener import Listener
from common.kafka_consumer.partitions import Partitions
from common.kafka_consumer.records import (
    Flush,
    FlushFailed,
    Handlers,
)
from common.kafka_producer import Producer
from common.telemetry import Tracing

logger = log.get(__name__)
POLL_MILLIS = 200  # while something is to be committed, or looked at
IDLE_MILLIS = 1_000
POLL_RECORDS = 500
COMMIT_EVERY_SECONDS = 0.5
REJOIN_SECONDS = 1.0
COMMIT_SECONDS = 5.0
DRAIN_SECONDS = 10.0
_TAKEN = Counter("kith_consumer_records_total", "Records, by what became.", ["group", "outcome"])


class Consumer:
    """Takes each record of some topics, one after the other, and commits what it has taken."""

    def __init__(  # noqa: PLR0913  # keywords only, each with a meaning of its own
        self, bootstrap: str, *, group: str, topics: Sequence[str], handlers: Handlers,
        producer: Producer, tracing: Tracing, topic_prefix: str = "", back: float | None = None,
        alone: bool = False, flush: Flush | None = None, gather_millis: int = 0,
        given: Given | None = None,
    ) -> None:  # fmt: skip
        """Prepare; with `back` it begins with what is so many seconds old, and 0 is now: for groups
        that live and die with a process. What they cannot read they pass over, without a limit.
        Who is `alone` is a group of its own: `group` is what metrics and logs call all of them.

        `flush` is for handlers that only note what is to be done: it does that for all records of
        a poll, before their offsets are committed. If it fails, they come again. `gather_millis`
        lets records wait in the broker so long, for more of them to be taken together. `given` is
        for a consumer of one topic: told whose records come here, each time the group has decided.
        """
        self._group = group
        self._topics = [topic_prefix + topic for topic in topics]
        self._back = back
        self._flush = flush
        self._given = given
        self._flush_failed = False
        self._noted = False
        self._make_client = partial(
            make_client, bootstrap, topic_prefix + (f"{group}.{new_id()}" if alone else group),
            latest=back == 0, gather_millis=gather_millis,
        )  # fmt: skip
        self._dead_letters = DeadLetters(group, producer, limited=back is None)
        self._dispatch = Dispatch(group, handlers, tracing, self._dead_letters)
        self._partitions = Partitions(group)
        self._done: dict[TopicPartition, int] = {}  # taken and not yet committed
        self._taken: dict[str, Counter] = {}  # of each outcome: looking one up costs more
        self._commit_at = 0.0
        self._busy = asyncio.Lock()
        self._stopping = False
        self._joined = False
        self._behind = CatchingUp()
        self._given_up: Collection[TopicPartition] | None = None

    async def run(self) -> None:
        """Consume until cancelled; then finish the record in hand, commit and leave the group.

        Raises DlqLimitReached. A broker that is away, or was, is waited for.
        """
        work = asyncio.create_task(self._consume(), name=self._group)
        try:
            await asyncio.shield(work)
        finally:
            self._stopping = True
            try:
                async with asyncio.timeout(DRAIN_SECONDS), self._busy:
                    pass  # the record in hand is done
            except TimeoutError:
                logger.warning("consumer.not_drained", group=self._group)
            work.cancel()
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()  # raised above, or of no interest to who cancelled us

    async def check(self) -> None:
        """Raise unless it is in its group and no partition is stopped: for readiness."""
        if self._flush_failed:
            raise RuntimeError("what is taken cannot be done")
        if not self._joined:
            raise RuntimeError("not in the consumer group yet")
        if self._behind:
            raise RuntimeError("has not read yet what happened before")
        if self._partitions.any_stopped:
            raise RuntimeError("a partition is stopped by an error in its handler")

    async def _consume(self) -> None:
        while True:
            try:
                await self._be_member()
            except (KafkaError, FlushFailed) as error:
                logger.warning("consumer.rejoins", group=self._group, error=type(error).__name__)
            await asyncio.sleep(REJOIN_SECONDS)

    async def _be_member(self) -> None:
        consumer = self._make_client()
        revoke = partial(self._revoke, consumer)
        assign = partial(self._assign, consumer)
        listener = Listener(consumer, revoke, assign, self._back)
        consumer.subscribe(self._topics, listener=listener)
        try:
            await consumer.start()
            while True:
                idle = self._joined and not self._done and not self._behind
                wait = IDLE_MILLIS if idle else POLL_MILLIS
                fetched = await consumer.getmany(timeout_ms=wait, max_records=POLL_RECORDS)
                owned = consumer.assignment()  # one object for as long as it is not replaced
                async with self._busy:
                    await self._take(consumer, fetched, owned)
                if self._behind:
                    await self._behind.look(consumer)
        finally:
            await self._leave(consumer)

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        await self._commit(consumer)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await consumer.stop()
        except (KafkaError, TimeoutError) as error:
            logger.warning("consumer.not_left", group=self._group, error=type(error).__name__)
        self._joined = False
        self._give_up_partitions()
        if self._given is not None:
            self._given(nobody)

    async def _take(
        self, consumer: AIOKafkaConsumer, fetched: Mapping[TopicPartition, Sequence[Any]],
        owned: Collection[TopicPartition],
    ) -> None:  # fmt: skip
        try:
            for partition, records in fetched.items():
                for record in records:
                    # What is left of partitions we give up is read again by who has them next.
                    if self._stopping or owned is self._given_up:
                        return
                    if not await self._take_or_hold(consumer, partition, record):
                        break
        except DlqLimitReached as error:
            mine = consumer.assignment()
            self._done |= {where: at for where, at in error.rewind.items() if where in mine}
            raise
        finally:
            await self._do_noted()
            if asyncio.get_running_loop().time() >= self._commit_at:
                await self._commit(consumer)

    async def _do_noted(self) -> None:
        if self._flush is None or not self._noted:
            return
        self._noted = False
        try:
            await self._flush()
        except Exception as error:
            self._done.clear()
            self._flush_failed = True
            logger.error("consumer.flush_failed", group=self._group, exc_info=error)
            raise FlushFailed from error
        self._flush_failed = False

    async def _take_or_hold(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, record: Any
    ) -> bool:
        try:
            attempts = self._partitions.failures(partition) + 1
            outcome = await self._dispatch.take(record, attempts)
        except DlqLimitReached:
            raise
        except Exception as error:
            self._partitions.hold(consumer, partition, record, error)
            return False
        self._partitions.passed(partition)
        counter = self._taken.get(outcome)
        if counter is None:
            counter = self._taken[outcome] = _TAKEN.labels(self._group, outcome)
        counter.inc()
        if not self._done:
            self._commit_at = asyncio.get_running_loop().time() + COMMIT_EVERY_SECONDS
        self._done[partition] = record.offset + 1
        self._noted = True
        return True

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        if not self._done:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(dict(self._done))
        except TimeoutError:
            logger.warning("consumer.commit_waits", group=self._group)
            return  # again after the next poll
        except KafkaError as error:
            # the group moved on; whoever has the partition now takes these again, once
            logger.info("consumer.commit_failed", group=self._group, error=type(error).__name__)
        self._done.clear()

    async def _revoke(self, consumer: AIOKafkaConsumer, owned: Collection[TopicPartition]) -> None:
        """Stop before the next record and let go of these partitions."""
        self._given_up = owned
        async with self._busy:
            await self._commit(consumer)
            self._give_up_partitions()

    def _assign(self, consumer: AIOKafkaConsumer) -> None:
        """Note that the partitions there are now are ours."""
        if self._back:
            self._behind.begin()
        self._joined = True
        if self._given is not None:
            self._given(keys_of(consumer, self._topics))

    def _give_up_partitions(self) -> None:
        self._done.clear()
        self._partitions.forget()
        self._dead_letters.forget_row()
