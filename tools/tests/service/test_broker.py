"""The local broker keeps what it acknowledged, whatever happens to its process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kith_cli.local.broker import LocalBroker
from kith_cli.local.probes import kafka_ready
from kith_cli.local.topics import Topic, create_topics

PLACE = TopicPartition("kept.v1", 0)
TOPIC = Topic(PLACE.topic, 1, -1, "delete")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalBroker]:
    started = LocalBroker(tmp_path)
    try:
        await asyncio.to_thread(started.start)
        yield started
    finally:
        started.kill()


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def read(bootstrap: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([PLACE])
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_an_acknowledged_message_survives_kill_9(broker: LocalBroker) -> None:
    create_topics(broker.bootstrap, [TOPIC])
    async with producing(broker.bootstrap) as producer:
        sent = [str(number).encode() for number in range(500)]
        promises = [await producer.send(*PLACE[:1], value, partition=0) for value in sent]
        await asyncio.gather(*promises)
    killed = broker.pid
    broker.kill()
    await asyncio.to_thread(broker.start)
    assert broker.pid != killed
    assert await read(broker.bootstrap, len(sent)) == sent


async def test_a_frozen_broker_answers_again_when_it_thaws(broker: LocalBroker) -> None:
    broker.pause()
    assert not await asyncio.to_thread(kafka_ready, broker.bootstrap)
    broker.resume()
    await asyncio.to_thread(broker.wait_until, lambda: kafka_ready(broker.bootstrap), 20.0)


async def test_topics_are_created_once_and_have_leaders(kafka: str, topic_prefix: str) -> None:
    declared = [Topic(f"{topic_prefix}{name}", 12, -1, "compact") for name in ("a", "b")]
    assert create_topics(kafka, declared[:1]) == 1
    assert create_topics(kafka, declared) == 1
    assert create_topics(kafka, declared) == 0
    async with producing(kafka) as producer:
        await producer.send_and_wait(declared[1].name, b"value", key=b"key", partition=11)
