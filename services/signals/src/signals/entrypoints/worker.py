"""The Faust worker around the stream: who reads which partition, restored from which changelog.

Faust assigns partitions, restores the table from its changelog, fetches records and holds them back
while partitions move. Its way of handing over records one by one, with four tasks and a turn of the
event loop for each, costs ten times what the model does; so a scheduler of our own hands over all
fetched records of a partition as one, and acknowledging is ours as well (see the ADR).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any, cast

import faust
from common import log
from common.lifecycle import Lifecycle
from faust.transport.consumer import Consumer
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from signals.adapters.events import ACTIVITY_TOPIC
from signals.entrypoints.gathering import GatheringTransport
from signals.entrypoints.streams import GROUP, Stream

logger = log.get(__name__)
TABLE = "members"
STOP_SECONDS = 5.0
FETCH = 500  # records of one fetch, and so the most that are folded in one go


class InBatches(DefaultSchedulingStrategy):
    """Delivers all fetched records of a partition as the value of one; a changelog's one by one."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """See SchedulingStrategyT."""
        logs = {where: found for where, found in records.items() if _is_changelog(where)}
        yield from super().iterate(logs)
        for where, found in records.items():
            if found and not _is_changelog(where):
                yield where, replace(found[-1], key=None, value=tuple(found), headers=())


def _is_changelog(where: TP) -> bool:
    return where.topic.endswith("-changelog")


class Worker:
    """A Faust application with one agent and one table; implements Partitions."""

    def __init__(self, kafka: str, topic_prefix: str) -> None:
        """Prepare; its topics must be there before it starts (deploy/topics.yaml)."""
        self._topic = topic_prefix + ACTIVITY_TOPIC
        self._app = faust.App(
            id=topic_prefix + GROUP, broker=f"aiokafka://{kafka}", store="memory://",
            autodiscover=False, web_enabled=False,
            datadir=Path(gettempdir()) / "kith-signals", topic_disable_leader=True,
            topic_allow_declare=False,
            processing_guarantee="at_least_once", consumer_auto_offset_reset="earliest",
            broker_session_timeout=6.0, broker_heartbeat_interval=1.5, broker_request_timeout=30.0,
            broker_max_poll_records=FETCH, stream_buffer_maxsize=16, stream_wait_empty=False,
            ConsumerScheduler=InBatches, key_serializer="raw", value_serializer="raw",
        )  # fmt: skip
        self._app.transport = GatheringTransport(self._app.conf.broker_consumer, self._app)
        self._table = self._app.Table(TABLE, key_type=bytes, value_type=bytes)

    @property
    def states(self) -> MutableMapping[bytes, bytes]:
        """See Partitions."""
        states: MutableMapping[bytes, bytes] = self._table.data
        return states

    @property
    def generation(self) -> int | None:
        """See Partitions."""
        generation: int = self._app.consumer_generation_id
        return generation if generation > 0 and not self._app.rebalancing else None

    async def begin(self) -> Mapping[int, int]:
        """See Partitions."""
        consumer = cast(Consumer, self._app.consumer)
        mine = [where for where in consumer.assignment() if where.topic == self._topic]
        if not mine:
            return {}
        committed = await consumer.seek_to_committed()
        earliest = await consumer.earliest_offsets(*mine)
        places = {
            where.partition: max(committed.get(where) or 0, earliest[where]) for where in mine
        }
        await self.seek(places)
        return places

    async def seek(self, offsets: Mapping[int, int]) -> None:
        """See Partitions."""
        await self._app.consumer.seek_wait(self._places(offsets))

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """See Partitions. While partitions move it does nothing: who has them then reads again."""
        if self.generation is not None:
            # Not by `commit`, which counts what was acknowledged record by record.
            await cast(Consumer, self._app.consumer)._commit(self._places(offsets))

    def _places(self, offsets: Mapping[int, int]) -> dict[TP, int]:
        return {TP(self._topic, partition): offset for partition, offset in offsets.items()}

    async def check(self) -> None:
        """Raise unless partitions are assigned and the table is restored: for readiness."""
        if self._app.rebalancing or self._app.in_recovery:
            raise RuntimeError("restoring the state")
        if not self._app.consumer.assignment():
            raise RuntimeError("no partitions yet")

    def feed(self, stream: Stream) -> None:
        """Give the stream what is read."""
        topic = self._app.topic(
            self._topic, key_type=bytes, value_type=bytes, key_serializer="raw",
            value_serializer="raw", acks=False,
        )  # fmt: skip

        async def fold(batches: Any) -> None:
            async for batch in batches.events():
                await stream.take(batch.value, batch.message.generation_id)

        self._app.agent(topic, name="fold")(fold)
        self._app.on_partitions_revoked.connect(stream.forget)

    async def run(self) -> None:
        """Read for ever. Raises RuntimeError when Faust gives up."""
        await self._app.start()
        await self._app.wait_until_stopped()
        raise RuntimeError("the stream stopped") from self._app.crash_reason

    async def stop(self) -> None:
        """Leave the group, if that is possible soon: without a broker Faust would not come back."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._app.stop()
        except TimeoutError:
            logger.warning("signals.not_left")


@asynccontextmanager
async def running(worker: Worker, stream: Stream, life: Lifecycle) -> AsyncIterator[None]:
    """Run the worker beside the block; its crash ends the process."""
    worker.feed(stream)
    try:
        async with (
            life.background("stream", stream.run()),
            life.background("place", stream.follow()),
            life.background("faust", worker.run()),
        ):
            yield
        await stream.drain()
    finally:
        await worker.stop()
