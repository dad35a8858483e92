"""The topics as declared, held against what the broker keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from kith_cli.local.topics import Topic
from kith_cli.retaining.kept import Kept, span

SEGMENT = timedelta(days=8)
"""The broker drops whole segments, a week's records at most, and looks every five minutes."""
_SETTINGS = ("cleanup.policy", "retention.ms", "max.compaction.lag.ms")


async def look(bootstrap: str, declared: Sequence[Topic], now: datetime) -> list[Kept]:
    """One answer for each declared topic. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        set_to = {
            topic.name: await _settings(admin, topic.name)
            for topic in declared
            if topic.name in there
        }
    finally:
        await admin.close()
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        return [await _topic(consumer, topic, set_to.get(topic.name), now) for topic in declared]
    finally:
        await consumer.stop()


def rule(topic: Topic) -> str:
    """What becomes of its records."""
    if topic.retention_ms < 0:
        return "latest of each key" if topic.cleanup == "compact" else "kept"
    kept = span(timedelta(milliseconds=topic.retention_ms))
    return f"{kept}, latest of each key" if "compact" in topic.cleanup else kept


async def _topic(
    consumer: AIOKafkaConsumer, topic: Topic, set_to: Mapping[str, str] | None, now: datetime
) -> Kept:
    if set_to is None:
        return Kept(topic.name, topic.holds, rule(topic), problem="is not there")
    count, oldest = await _records(consumer, topic.name)
    return Kept(
        topic.name, topic.holds, rule(topic), count, oldest, problem(topic, set_to, oldest, now)
    )


def problem(topic: Topic, set_to: Mapping[str, str], oldest: datetime | None, now: datetime) -> str:
    """What is not as declared; empty if all is."""
    wrong = [
        f"{name} is {set_to.get(name)}"
        for name, wanted in topic.settings.items()
        if set_to.get(name) != wanted
    ]
    if topic.cleanup != "compact" and topic.retention_ms >= 0 and oldest is not None:
        kept = timedelta(milliseconds=topic.retention_ms)
        wrong += ["overdue"] if oldest < now - kept - SEGMENT else []
    return ", ".join(wrong)


async def _settings(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    wanted = dict.fromkeys(_SETTINGS)
    resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=wanted)
    [answer] = await admin.describe_configs([resource])
    [found] = answer.resources
    return {str(entry[0]): str(entry[1]) for entry in found[4]}


async def _records(consumer: AIOKafkaConsumer, name: str) -> tuple[int, datetime | None]:
    """How many there are at most (compaction leaves gaps), and when the oldest was written."""
    await consumer._client.set_topics([name])  # else it knows only the topics it was made for
    partitions = [TopicPartition(name, one) for one in consumer.partitions_for_topic(name) or ()]
    begins = await consumer.beginning_offsets(partitions)
    ends: Mapping[Any, int] = await consumer.end_offsets(partitions)
    first = await consumer.offsets_for_times(dict.fromkeys(partitions, 0))
    times = [found.timestamp for found in first.values() if found is not None]
    oldest = datetime.fromtimestamp(min(times) / 1000, UTC) if times else None
    return sum(ends[one] - begins[one] for one in partitions), oldest
