"""A running gateway for each module of tests; starting one takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from common.kafka_producer import Producer
from common.testing.pytest_plugin import CreateTopics

from services.gateway.tests import pushing
from services.gateway.tests.gateways import Gateway, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Gateway]:
    """One gateway for the whole module."""
    async with running() as gateway:
        yield gateway


@pytest.fixture
def gateway(started: Gateway) -> Gateway:
    """The gateway, its services as on the first day."""
    started.reset()
    return started


@pytest.fixture
async def topics(create_topics: CreateTopics) -> None:
    """What a gateway listens to."""
    await create_topics(pushing.SESSIONS, partitions=3)


@pytest.fixture
async def world(
    kafka: str, topic_prefix: str, topics: None, producer: Producer
) -> AsyncIterator[pushing.World]:
    """A whole gateway over the broker."""
    async with pushing.started(kafka, topic_prefix, producer) as world:
        yield world
