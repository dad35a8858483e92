"""The broker goes away while events are written, and comes back: all take effect, each once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from common import kafka_producer
from common.ids import new_id
from common.kafka_consumer import Consumer
from common.mongo import Database
from common.outbox import Relay
from common.telemetry import Tracing
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import Int64Value
from kith_cli.local.broker import LocalBroker
from prometheus_client import REGISTRY

from libs.common.tests import topics
from libs.common.tests.rows import GROUP, Rows
from libs.common.tests.things import NAME, TOPIC, Things, first_appearances, published


class Platform:
    """A relay and a consumer on a broker of their own."""

    def __init__(self, things: Things, rows: Rows, relay: Relay) -> None:
        self.things = things
        self.rows = rows
        self.relay = relay
        self.written: dict[UUID, int] = {}

    async def write(self) -> None:
        """A new thing, and a change to the one before it, as long as that has room."""
        if self.written:
            id, number = list(self.written.items())[-1]
            if await self.things.push(id, number + 1):
                self.written[id] = number + 1
        id = new_id()
        await self.things.insert(id, 1)
        self.written[id] = 1
        self.relay.wake()

    async def all_took_effect(self) -> bool:
        """Whether every change has reached its row."""
        expected = {str(id): (number, number) for id, number in self.written.items()}
        return await self.rows.all() == expected


@asynccontextmanager
async def running(
    broker: LocalBroker, database: Database, delivery_seconds: float
) -> AsyncIterator[Platform]:
    """Relay and consumer at work."""
    kafka = broker.bootstrap
    await topics.make(kafka, TOPIC, f"{GROUP}.dlq", partitions=3)
    things, rows = await Things.create(database), Rows(database)
    async with kafka_producer.connect(kafka, "test", "", delivery_seconds) as producer:
        relay = Relay(database, [NAME], producer, "/test")
        consumer = Consumer(
            kafka, group=GROUP, topics=[TOPIC], handlers={Int64Value: rows.take},
            producer=producer, tracing=Tracing(None),
        )  # fmt: skip
        tasks = [asyncio.create_task(work) for work in (relay.run(), consumer.run())]
        try:
            yield Platform(things, rows, relay)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def _failed_rounds() -> float:
    return REGISTRY.get_sample_value("kith_outbox_failed_total") or 0


async def _check_log(broker: LocalBroker, platform: Platform) -> None:
    log = await published(broker.bootstrap, "")
    for id, number in platform.written.items():
        assert first_appearances(log[str(id)]) == list(range(1, number + 1))


async def test_events_written_while_the_broker_is_away_are_published_when_it_is_back(
    broker: LocalBroker, database: Database
) -> None:
    async with running(broker, database, delivery_seconds=0.5) as platform:
        for _ in range(5):
            await platform.write()
        await until(platform.all_took_effect)
        await asyncio.to_thread(broker.kill)
        before = _failed_rounds()

        async def failed_often() -> bool:
            await platform.write()
            return _failed_rounds() >= before + 4

        await until(failed_often, every=0.2)
        await asyncio.to_thread(broker.start)
        await until(platform.all_took_effect)
        await _check_log(broker, platform)


@pytest.mark.timeout(240)
async def test_thirty_seconds_without_a_broker_lose_nothing_and_double_nothing(
    broker: LocalBroker, database: Database
) -> None:
    loop = asyncio.get_running_loop()
    async with running(broker, database, kafka_producer.DELIVERY_SECONDS) as platform:
        for _ in range(5):
            await platform.write()
        await until(platform.all_took_effect)
        await asyncio.to_thread(broker.kill)
        back_at = loop.time() + 30

        async def time_is_up() -> bool:
            await platform.write()
            return loop.time() > back_at

        await until(time_is_up, every=1)
        await asyncio.to_thread(broker.start)
        await until(platform.all_took_effect)
        await _check_log(broker, platform)
