"""Every record of every topic from the beginning: key, value and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        seen = {name: Seen(Place(name), Latest(known.get(name))) for name in names}
        await _read(consumer, seen, marks)
    finally:
        await consumer.stop()
    for each in seen.values():
        each.latest.conclude(each.place, marks)
    return [each.place for each in seen.values()]


async def _names(bootstrap: str, prefix: str) -> list[str]:
    """The broker's own topics, which begin with two underscores, hold offsets and nothing else."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names: list[str] = await admin.list_topics()
    finally:
        await admin.close()
    return sorted(name for name in names if name.startswith(prefix) and not name.startswith("__"))


async def _read(consumer: AIOKafkaConsumer, seen: Mapping[str, Seen], marks: Marks) -> None:
    """All topics at once, up to where they end now: one after the other, each would wait a moment
    for its first records."""
    await consumer._client.set_topics(list(seen))  # else it knows only those it was made for
    partitions = [
        TopicPartition(name, number)
        for name in seen
        for number in sorted(consumer.partitions_for_topic(name) or ())
    ]
    begins: Mapping[TopicPartition, int] = await consumer.beginning_offsets(partitions)
    ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
    left = [one for one in partitions if begins[one] < ends[one]]
    if left:
        consumer.assign(left)
    for one in left:
        consumer.seek(one, begins[one])
    while left:
        for partition, records in (await consumer.getmany(timeout_ms=POLL_MILLIS)).items():
            place, latest = seen[partition.topic].place, seen[partition.topic].latest
            for record in records:
                place.looked_at += 1
                latest.take(record, marks.found_in(_content(record)))
        left = [one for one in left if await consumer.position(one) < ends[one]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A topic as a place to look at, and what was found in it so far."""

    place: Place
    latest: Latest


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
