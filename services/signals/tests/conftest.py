"""A world of each test's own, with the service's topics in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from common.testing.pytest_plugin import CreateTopics
from pymongo import AsyncMongoClient
from signals.adapters.accesses import ACCESS_TOPIC

from services.signals.tests.builders import STATES
from services.signals.tests.tokens import Issuer
from services.signals.tests.worlds import LETTERS, PARTITIONED, Process, World, identity_of


@pytest.fixture
async def world(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics,
    tmp_path: Path,
) -> AsyncIterator[World]:  # fmt: skip
    """Topics of three partitions, identity's keys, and a database that is dropped afterwards."""
    await create_topics(*PARTITIONED, partitions=3)
    await create_topics(STATES, partitions=3, settings={"cleanup.policy": "compact"})
    await create_topics(ACCESS_TOPIC, *LETTERS)
    issuer = Issuer()
    async with identity_of(issuer) as identity:
        yield World(
            kafka, mongodb_uri, topic_prefix, unique, identity, issuer, tmp_path / "signals.log"
        )
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_signals")


@pytest.fixture
async def processes(
    world: World, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[Callable[[], Process]]:
    """Makes processes of the service; those that still run at the end are killed."""
    made: list[Process] = []

    def make() -> Process:
        made.append(Process(world, unused_tcp_port_factory))
        return made[-1]

    yield make
    for process in made:
        if process.started:
            await process.kill()
