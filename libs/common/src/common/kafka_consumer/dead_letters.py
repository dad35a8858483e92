"""Records that can never be taken go to `<group>.dlq`, until there are so many that it must be us.

A bad release would otherwise empty a whole topic into the dead letters before anybody looks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from common import log
from common.kafka_consumer.records import key_of, reason_of
from common.kafka_producer import Producer

logger = log.get(__name__)
IN_ROW = 5
SHARE = 0.01
WINDOW = 1000


class DlqLimitReached(Exception):
    """Too many records were undecodable or invalid; a person must look before more are set aside.

    `rewind` are the offsets where the row began: starting again from there sets the same records
    aside again, and none beyond them.
    """

    def __init__(self, message: str, rewind: Mapping[TopicPartition, int]) -> None:
        super().__init__(message)
        self.rewind = rewind


class DeadLetters:
    """Sets records aside for one group, within the limit."""

    def __init__(self, group: str, producer: Producer, *, limited: bool = True) -> None:
        """Not `limited` is for a group that would come to the same records again and again: it
        begins anew at a place in time and not where it was."""
        self._group = group
        self._limited = limited
        self._producer = producer
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._in_row = 0
        self._row: dict[TopicPartition, int] = {}

    def good(self) -> None:
        """Note a record that was taken."""
        self._recent.append(False)
        if self._in_row:
            self.forget_row()

    def forget_row(self) -> None:
        """Note that what comes next does not follow what came before."""
        self._in_row = 0
        self._row.clear()

    async def set_aside(self, record: Any, error: Exception, attempts: int) -> None:
        """Publish a record with the reason. Raises DlqLimitReached, or KafkaError."""
        reason = reason_of(error)
        if self._limited:
            self._check_limit(reason)
        extra = [("error_reason", reason.encode()), ("error_attempts", str(attempts).encode())]
        sent = await self._producer.send(
            f"{self._group}.dlq", key=key_of(record), value=record.value or b"",
            headers=[*record.headers, *extra],
        )  # fmt: skip
        await sent
        self._in_row += 1
        self._row.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        self._recent.append(True)
        logger.error(
            "consumer.dead_lettered", group=self._group, topic=record.topic,
            partition=record.partition, offset=record.offset, reason=reason,
        )  # fmt: skip

    def _check_limit(self, reason: str) -> None:
        if self._in_row >= IN_ROW:
            raise DlqLimitReached(
                f"{self._group}: more than {IN_ROW} records in a row are {reason}", dict(self._row)
            )
        if len(self._recent) == WINDOW and sum(self._recent) + 1 > SHARE * WINDOW:
            raise DlqLimitReached(
                f"{self._group}: more than {SHARE:.0%} of the records are {reason}", {}
            )
