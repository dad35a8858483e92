"""Reads a topic from its beginning to where it ends now, as a test wants to look at it."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read(kafka: str, topic: str) -> list[Any]:
    """All records of a topic, partition by partition, each in order."""
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


def header(record: Any, name: str) -> str:
    """One header of a record, as text."""
    return str(dict(record.headers)[name].decode())
