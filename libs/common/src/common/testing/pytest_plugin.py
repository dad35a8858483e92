"""Fixtures over the real broker and database that `kith stack` started for the test run.

Load it in a conftest with `pytest_plugins = ["common.testing.pytest_plugin"]`. Each test gets a
topic prefix and a database of its own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from common import kafka_producer, mongo
from common.kafka_producer import Producer
from common.mongo import Database

CreateTopics = Callable[..., Awaitable[None]]


def _address(name: str) -> str:
    value = os.environ.get(name, "")  # noqa: TID251  # tests have no config.py
    if not value:
        pytest.exit(
            f"{name} is not set: run `make test`, or `kith stack -- pytest …`", returncode=2
        )
    return value


@pytest.fixture(scope="session")
def kafka() -> str:
    """Bootstrap servers of the shared broker."""
    return _address("KITH_TEST_KAFKA")


@pytest.fixture(scope="session")
def mongodb_uri() -> str:
    """URI of the shared database server; where there are several, this worker's.

    The local server is one Python process, whose one core two workers would wait for.
    """
    servers = _address("KITH_TEST_MONGODB_URI").split()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")  # noqa: TID251  # set by pytest-xdist
    return servers[int(worker.removeprefix("gw")) % len(servers)]


@pytest.fixture
def unique() -> str:
    """A name no other test has; starts with a letter."""
    return f"t{uuid4().hex[:12]}"


@pytest.fixture
def topic_prefix(unique: str) -> str:
    """Prefix of this test's topics and groups."""
    return f"{unique}."


@pytest.fixture
async def database(mongodb_uri: str, unique: str) -> AsyncIterator[Database]:
    """A database of this test's own, dropped afterwards."""
    name = f"kith_{unique}"
    async with mongo.connect(mongodb_uri, name) as connected:
        yield connected
    client: AsyncMongoClient[dict[str, Any]]
    async with AsyncMongoClient(mongodb_uri) as client:
        await client.drop_database(name)


@pytest.fixture
async def create_topics(kafka: str, topic_prefix: str) -> AsyncIterator[CreateTopics]:
    """Creates topics under this test's prefix: `await create_topics("a.b.v1", partitions=3)`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    made: list[str] = []

    async def create(
        *names: str, partitions: int = 1, settings: Mapping[str, str] | None = None
    ) -> None:
        topics = [
            NewTopic(topic_prefix + name, partitions, 1, topic_configs=settings) for name in names
        ]
        await admin.create_topics(topics)
        made.extend(topic.name for topic in topics)

    yield create
    if made:
        await admin.delete_topics(made)
    await admin.close()


@pytest.fixture
async def producer(kafka: str, topic_prefix: str) -> AsyncIterator[Producer]:
    """A producer that writes under this test's prefix."""
    async with kafka_producer.connect(kafka, "test", topic_prefix) as connected:
        yield connected
