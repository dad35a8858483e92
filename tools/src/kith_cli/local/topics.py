"""Creates every topic before a service starts: a client retries a missing one in a tight loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from kith_cli.errors import Stop
from kith_cli.local.probes import run_apart
from kith_cli.paths import TOPICS

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
FOREVER = -1
COMPACTED_WITHIN_MS = 30 * 86_400_000
ALREADY_EXISTS = 36
LEADER_SECONDS = 60.0
REQUEST_MILLIS = 60_000  # several hundred partitions at once take a busy machine a while
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as declared."""

    name: str
    partitions: int
    retention_ms: int
    cleanup: str
    holds: str = ""  # what kind of data

    @property
    def settings(self) -> dict[str, str]:
        """As the broker knows them. What a newer record or a tombstone replaced is gone after
        COMPACTED_WITHIN_MS at the latest, however little is written to the topic."""
        found = {"cleanup.policy": self.cleanup, "retention.ms": str(self.retention_ms)}
        if "compact" in self.cleanup:
            found["max.compaction.lag.ms"] = str(COMPACTED_WITHIN_MS)
        return found


def load(path: Path = TOPICS, *, prefix: str = "") -> tuple[Topic, ...]:
    """The declared topics, and dead letters of the declared groups. Raises Stop."""
    document = yaml.safe_load(path.read_text())
    letters = {**document["defaults"], **document.get("dead_letters", {})}
    entries = [{**document["defaults"], **entry} for entry in document["topics"]]
    entries += [{**letters, "name": f"{group}.dlq"} for group in letters.get("groups", ())]
    topics = tuple(_topic(entry, prefix) for entry in entries)
    if len({topic.name for topic in topics}) != len(topics):
        raise Stop(f"{path} declares a topic twice.")
    return topics


def _topic(entry: dict[str, Any], prefix: str) -> Topic:
    name = f"{prefix}{entry['name']}"
    return Topic(
        name, int(entry["partitions"]), milliseconds(entry["retention"]), entry["cleanup"],
        entry.get("holds", ""),
    )  # fmt: skip


def milliseconds(retention: str) -> int:
    """`30d` in milliseconds; `forever` is what Kafka calls -1. Raises Stop."""
    if retention == "forever":
        return FOREVER
    count, unit = retention[:-1], retention[-1:]
    if not count.isdecimal() or unit not in UNIT_SECONDS:
        raise Stop(f"A retention of {retention!r} is not understood; write 30d, 12h or forever.")
    return int(count) * UNIT_SECONDS[unit] * 1_000


def missing(declared: Collection[Topic], existing: Collection[str]) -> tuple[Topic, ...]:
    """What is still to be created."""
    return tuple(topic for topic in declared if topic.name not in existing)


def create_topics(bootstrap: str, declared: Collection[Topic]) -> int:
    """Create what is missing and return how many; every partition has a leader. Raises Stop."""
    try:
        return run_apart(_create(bootstrap, declared))
    except KafkaError as failure:
        raise Stop(f"The broker did not create the topics: {failure}.") from failure


async def _create(bootstrap: str, declared: Collection[Topic]) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MILLIS)
    await admin.start()
    try:
        wanted = missing(declared, await admin.list_topics())
        if wanted:
            _raise_refusals(await admin.create_topics([_request(topic) for topic in wanted]))
        await _wait_for_leaders(admin, [topic.name for topic in declared])
        return len(wanted)
    finally:
        await admin.close()


def _request(topic: Topic) -> NewTopic:
    return NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.settings)


def _raise_refusals(response: Any) -> None:
    refused = [
        f"{name}: {message}"
        for name, code, message in response.topic_errors
        if code not in {0, ALREADY_EXISTS}
    ]
    if refused:
        raise Stop(f"The broker refused topics: {'; '.join(refused)}.")


async def _wait_for_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    deadline = time.monotonic() + LEADER_SECONDS
    while not all(_led(topic) for topic in await admin.describe_topics(names)):
        if time.monotonic() > deadline:
            raise Stop(f"After {LEADER_SECONDS:.0f} s some topics still have no leader.")
        await asyncio.sleep(POLL_SECONDS)


def _led(topic: dict[str, Any]) -> bool:
    partitions = topic["partitions"]
    return bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)
