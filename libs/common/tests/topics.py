"""Topics as a test needs them: made on any broker, read from beginning to end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError


@asynccontextmanager
async def administrator(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Somebody who may make topics and ask for offsets."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make(kafka: str, *names: str, partitions: int = 1) -> None:
    """Make topics on a broker."""
    async with administrator(kafka) as admin:
        await admin.create_topics([NewTopic(name, partitions, 1) for name in names])


async def grow(kafka: str, topic: str, partitions: int) -> None:
    """Give a topic more partitions, so many in all."""
    async with administrator(kafka) as admin:
        await admin.create_partitions({topic: NewPartitions(partitions)})


async def read(kafka: str, topic: str) -> list[Any]:
    """All records a topic holds now, partition by partition, each in order."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        numbers = await consumer._client._wait_on_metadata(topic)
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = []
        for partition in partitions:
            consumer.seek(partition, 0)
            while await consumer.position(partition) < ends[partition]:
                fetched = await consumer.getmany(partition, timeout_ms=1_000)
                found.extend(fetched.get(partition, []))
        return found


async def committed(kafka: str, group: str, topic: str, partition: int = 0) -> int | None:
    """The offset a group goes on from, or None."""
    where = TopicPartition(topic, partition)
    try:
        async with administrator(kafka) as admin:
            offsets = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return None  # the first group of a new broker is still being made room for
    return int(offsets[where].offset) if where in offsets else None


def header(record: Any, name: str) -> str:
    """One header of a record, as text."""
    return str(dict(record.headers)[name].decode())
