"""Consumers at work, and questions to ask of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Container
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from common.kafka_consumer import Consumer
from common.kafka_producer import Record

from libs.common.tests import topics
from libs.common.tests.rows import GROUP, record

DLQ = f"{GROUP}.dlq"
Make = Callable[..., Consumer]
Commits = Callable[..., Awaitable[int | None]]


@asynccontextmanager
async def running(*consumers: Consumer) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Consumers at work; then they drain."""
    tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ready(consumer: Consumer) -> bool:
    """Whether the consumer calls itself ready."""
    return not await problem(consumer)


async def equals(asked: Awaitable[object], expected: object) -> bool:
    return await asked == expected


async def among(those: Container[str], one: str) -> bool:
    return one in those


async def true(value: bool) -> bool:
    return value


async def problem(consumer: Consumer) -> str:
    try:
        await consumer.check()
    except RuntimeError as error:
        return str(error)
    return ""


async def count(kafka: str, topic: str, expected: int) -> bool:
    return len(await topics.read(kafka, topic)) == expected


async def publish_to_partitions(kafka: str, topic: str, numbers: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in numbers:
            made = record("k", number)
            for partition in (0, 1):
                await producer.send(topic, made.value, b"k", partition, headers=list(made.headers))


async def publish_as_of(kafka: str, topic: str, made: Record, seconds_ago: float) -> None:
    """Bring a record to the log that says it is older than it is."""
    at = round((time.time() - seconds_ago) * 1000)
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await producer.send_and_wait(
            topic, made.value, made.key.encode(), partition=0, timestamp_ms=at,
            headers=made.headers,
        )  # fmt: skip
