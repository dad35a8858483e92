"""Every record of every topic from the beginning: key, value and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from kith_cli.erasing.findings import Place
from kith_cli.erasing.marks import Marks
from kith_cli.local.topics import Topic

POLL_MILLIS = 500


async def scan(bootstrap: str, prefix: str, declared: Sequence[Topic], marks: Marks) -> list[Place]:
    """One place for each topic with this prefix, declared or not. Raises KafkaError."""
    known = {topic.name: topic for topic in declared}
    names = await _names(bootstrap, prefix)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        return [await _topic(consumer, name, known.get(name), marks) for name in names]
    finally:
        await consumer.stop()


async def _names(bootstrap: str, prefix: str) -> list[str]:
    """The broker's own topics, which begin with two underscores, hold offsets and nothing else."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names: list[str] = await admin.list_topics()
    finally:
        await admin.close()
    return sorted(name for name in names if name.startswith(prefix) and not name.startswith("__"))


async def _topic(
    consumer: AIOKafkaConsumer, name: str, declared: Topic | None, marks: Marks
) -> Place:
    place, latest = Place(name), Latest(declared)
    numbers = await _partitions(consumer, name)
    partitions = [TopicPartition(name, number) for number in numbers]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    while any([await consumer.position(one) < ends[one] for one in partitions]):
        for records in (await consumer.getmany(timeout_ms=POLL_MILLIS)).values():
            for record in records:
                place.looked_at += 1
                latest.take(record, marks.found_in(_content(record)))
    latest.conclude(place, marks)
    return place


async def _partitions(consumer: AIOKafkaConsumer, name: str) -> list[int]:
    await consumer._client.set_topics([name])  # else it knows only the topics it was made for
    return sorted(consumer.partitions_for_topic(name) or ())


class Latest:
    """Notes what names her; in a compacted topic only the latest record of a key counts."""

    def __init__(self, declared: Topic | None) -> None:
        self._compacted = declared is not None and declared.cleanup == "compact"
        self._retention = declared.retention_ms if declared is not None else -1
        self._hits: dict[object, set[str]] = {}
        self._replaced = 0
        self._youngest = 0

    def take(self, record: Any, found: set[str]) -> None:
        """Note a record, in the order of its partition."""
        place: object = (record.topic, record.partition, record.offset)
        if self._compacted:
            place = record.key
            if place in self._hits:
                self._replaced += 1
                del self._hits[place]
            if record.value is None:
                return  # a tombstone: the broker drops it and all before it
        if found:
            self._hits[place] = found
            self._youngest = max(self._youngest, record.timestamp)

    def conclude(self, place: Place, marks: Marks) -> None:
        """Say what became of it. A name, or an id that stays for ever, may not be there."""
        place.hits, place.waits = len(self._hits), self._replaced
        place.marks = set().union(*self._hits.values())
        if place.hits and self._retention > 0 and not place.marks & marks.names.keys():
            kept = timedelta(milliseconds=self._retention)
            place.until = datetime.fromtimestamp(self._youngest / 1000, UTC) + kept


def _content(record: Any) -> bytes:
    headers = b"".join(name.encode() + (value or b"") for name, value in record.headers)
    return (record.key or b"") + b"\0" + (record.value or b"") + b"\0" + headers
