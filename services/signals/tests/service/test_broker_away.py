"""The broker dies amid the work and comes back: nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from common import kafka_producer
from common.ids import new_id
from common.testing.poll import PATIENCE_SECONDS, until
from kith_cli.local.broker import LocalBroker
from kith_cli.local.topics import create_topics, load

from services.signals.tests.builders import NETWORK, SIGNAL
from services.signals.tests.expectations import is_exact, settles
from services.signals.tests.histories import a_history, feed
from services.signals.tests.worlds import Process, World, connected


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalBroker]:
    """A broker of this test's own, with the declared topics."""
    broker = LocalBroker(tmp_path / "kafka")
    try:
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(create_topics, broker.bootstrap, load())
        yield broker
    finally:
        broker.kill()


@pytest.mark.timeout(300)
async def test_nothing_is_lost_when_the_broker_is_killed_and_comes_back(
    world: World, broker: LocalBroker, unused_tcp_port_factory: Callable[[], int]
) -> None:
    here = replace(world, kafka=broker.bootstrap, prefix="")
    process = Process(here, unused_tcp_port_factory)
    told = a_history(random.Random(3), [new_id() for _ in range(30)], 1_500, NETWORK)

    async def something_is_published() -> bool:
        return await here.count(SIGNAL) > 0

    async def is_ready() -> bool:
        if process.exit_code is not None:
            await process.start()  # as its supervisor would
        with suppress(AssertionError):
            return await process.is_ready()
        return False

    feeder = kafka_producer.connect(broker.bootstrap, "test", "", delivery_seconds=PATIENCE_SECONDS)
    async with feeder as producer:
        await process.start()
        try:
            feeding = asyncio.create_task(feed(producer, told[:1_000], chunk=10))
            await until(something_is_published, every=0.001)
            broker.kill()
            await asyncio.to_thread(broker.start)
            await feeding
            await feed(producer, told[1_000:])
            await until(is_ready)
            async with connected(process.grpc) as stub:
                await is_exact(here, stub, await settles(here, stub))
        finally:
            await process.kill()
