"""Partitions that wait after an error: for a while when it may pass, for good when it is a bug."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Gauge

from common import log
from common.errors import DomainError, Kind
from common.mongo import is_away

logger = log.get(__name__)
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STOPPED = Gauge("kith_consumer_stopped_partitions", "Partitions stopped by a bug.", ["group"])


class Partitions:
    """Pauses partitions of one member of a group, each before the record that failed."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._failures: dict[TopicPartition, int] = {}
        self._stopped: set[TopicPartition] = set()
        self._count()

    @property
    def any_stopped(self) -> bool:
        """Whether a bug keeps a partition from going on."""
        return bool(self._stopped)

    def failures(self, partition: TopicPartition) -> int:
        """How often the record in hand has failed so far."""
        return self._failures.get(partition, 0)

    def passed(self, partition: TopicPartition) -> None:
        """Note that the record in hand is done with."""
        self._failures.pop(partition, None)

    def forget(self) -> None:
        """Note that the partitions are not ours any more; their next owner tries again."""
        self._failures.clear()
        self._stopped.clear()
        self._count()

    def hold(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, record: Any, error: Exception
    ) -> None:
        """Stay before `record`."""
        consumer.seek(partition, record.offset)
        consumer.pause(partition)
        logged = {
            "group": self._group, "topic": partition.topic, "partition": partition.partition,
            "offset": record.offset,
        }  # fmt: skip
        if not _is_transient(error):
            self._stopped.add(partition)
            self._count()
            logger.error("consumer.partition_stopped", exc_info=error, **logged)
            return
        failures = self.failures(partition)
        self._failures[partition] = failures + 1
        delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
        name = type(error).__name__
        logger.warning("consumer.partition_waits", error=name, retry_in=delay, **logged)
        asyncio.get_running_loop().call_later(delay, self._resume, consumer, partition)

    def _resume(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        if partition in consumer.assignment() and partition not in self._stopped:
            consumer.resume(partition)

    def _count(self) -> None:
        _STOPPED.labels(self._group).set(len(self._stopped))


def _is_transient(error: Exception) -> bool:
    if isinstance(error, DomainError):
        return error.kind in {Kind.UNAVAILABLE, Kind.CONFLICT, Kind.LIMITED}
    return isinstance(error, KafkaError | ConnectionError | TimeoutError) or is_away(error)
