"""Things with a relay, a group of consumers that write rows, and a gRPC service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from common import grpc_client
from common.kafka_consumer import Consumer, Handle
from common.kafka_producer import Producer
from common.mongo import Database
from common.outbox import Relay
from common.outbox.turns import Turns
from common.telemetry import Tracing
from common.testing.pytest_plugin import CreateTopics
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int64Value

from libs.common.tests import topics
from libs.common.tests.consuming import DLQ, Commits, Make
from libs.common.tests.grpc_world import CARRIED, Stub, World, carrying
from libs.common.tests.relaying import AN_HOUR
from libs.common.tests.rows import GROUP, Rows
from libs.common.tests.things import NAME, TOPIC, Things


@pytest.fixture
async def rows(database: Database, create_topics: CreateTopics) -> Rows:
    await create_topics(TOPIC, DLQ)
    return Rows(database)


@pytest.fixture
def make(kafka: str, topic_prefix: str, producer: Producer, rows: Rows) -> Make:
    """Makes a member of the group, whose handler writes rows unless another is given."""

    def build(handle: Handle = rows.take, **options: Any) -> Consumer:
        handlers: Mapping[type[Message], Handle] = {Int64Value: handle}
        defaults: dict[str, Any] = {
            "group": GROUP, "topics": [TOPIC], "handlers": handlers, "producer": producer,
            "tracing": Tracing(None), "topic_prefix": topic_prefix,
        }  # fmt: skip
        return Consumer(kafka, **(defaults | options))

    return build


@pytest.fixture
def commits(kafka: str, topic_prefix: str) -> Commits:
    """What the group has committed."""

    async def committed(partition: int = 0) -> int | None:
        return await topics.committed(kafka, topic_prefix + GROUP, topic_prefix + TOPIC, partition)

    return committed


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=[(), CARRIED], ids=["of-its-own", "carried"])
async def stub(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Stub]:
    """A client of the running service, whose calls are each its own or share a stream."""
    async with (
        world.serving() as address,
        grpc_client.connect(address, carried=request.param) as channel,
    ):
        await carrying(channel)
        yield Stub(channel)


@pytest.fixture
async def things(database: Database, create_topics: CreateTopics) -> Things:
    await create_topics(TOPIC, partitions=2)
    return await Things.create(database)


@pytest.fixture
def relay(things: Things, producer: Producer) -> Relay:
    """It finds by itself what waits when it starts, and later only what it is told of."""
    return Relay(things.database, [NAME], producer, "/test", Turns(grace=AN_HOUR))


@pytest.fixture
async def closing() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack
