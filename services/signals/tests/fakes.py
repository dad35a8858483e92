"""Signals' surroundings in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiokafka.errors import KafkaError
from common.kafka_producer import Headers, Producer
from common.kafka_producer import Record as Sent
from signals.application.ports import Cleared, Progress, Row, Update
from signals.domain.days import ClosedDay


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Where a record went."""

    partition: int


class FakeProducer(Producer):
    """Acknowledges at once, into `partition`; or fails where `fails` says so."""

    def __init__(self, partition: int = 0) -> None:
        self.sent: list[Sent] = []
        self.partition = partition
        self.fails: Callable[[Sent], bool] = lambda sent: False

    async def send(
        self, topic: str, *, key: str, value: bytes, headers: Headers
    ) -> asyncio.Future[Any]:
        sent = Sent(topic, key, value, headers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.fails(sent):
            future.set_exception(KafkaError("away"))
        else:
            self.sent.append(sent)
            future.set_result(Acknowledged(self.partition))
        return future

    def topics(self) -> list[str]:
        return [sent.topic for sent in self.sent]


class FakePartitions:
    """Implements Partitions, over any of them."""

    def __init__(self, count: int = 3) -> None:
        self.states: dict[bytes, bytes] = {}
        self.generation: int | None = 1
        self.committed: dict[int, int] = {}
        self.sought: list[Mapping[int, int]] = []
        self.earliest: dict[int, int] = {}
        self._count = count

    async def begin(self) -> Mapping[int, int]:
        return {
            partition: max(self.committed.get(partition, 0), self.earliest.get(partition, 0))
            for partition in range(self._count)
        }

    async def seek(self, offsets: Mapping[int, int]) -> None:
        self.sought.append(offsets)

    async def commit(self, offsets: Mapping[int, int]) -> None:
        self.committed |= offsets


class FakeReadModel:
    """Implements ports.Writer, and gives ports.Signals of a network."""

    def __init__(self) -> None:
        self.rows: dict[UUID, tuple[UUID, int, Row | None]] = {}  # network, offset
        self.days: dict[tuple[UUID, int], tuple[int, ClosedDay]] = {}  # offset

    async def write(self, changes: Sequence[Update | Cleared]) -> None:
        for change in changes:
            if isinstance(change, Cleared):
                self._forget_days(change)
                self._put(change.network_id, change.member_id, change.offset, None)
            else:
                offset = change.row.state.offset
                for day in change.closed:
                    self.days.setdefault((change.member_id, day.day), (offset, day))
                self._put(change.network_id, change.member_id, offset, change.row)

    def _forget_days(self, clearing: Cleared) -> None:
        self.days = {
            (member_id, day): (offset, closed)
            for (member_id, day), (offset, closed) in self.days.items()
            if member_id != clearing.member_id or offset > clearing.offset
        }

    def _put(self, network_id: UUID, member_id: UUID, offset: int, row: Row | None) -> None:
        _, known, _ = self.rows.get(member_id, (None, -1, None))
        if offset > known:
            self.rows[member_id] = network_id, offset, row

    def of(self, network_id: UUID) -> FakeSignals:
        return FakeSignals(self, network_id)


class FakeSignals:
    """Implements ports.Signals."""

    def __init__(self, model: FakeReadModel, network_id: UUID) -> None:
        self._model = model
        self._network_id = network_id

    async def get(self, member_id: UUID) -> Row | None:
        return next((row for row in self._rows() if row.member_id == member_id), None)

    async def top(self, active_since: int, after: bytes, limit: int) -> Sequence[Row]:
        rows = sorted(self._rows(), key=lambda row: row.rank)
        found = [
            row for row in rows if row.rank > after and row.state.last_at >= active_since
        ]  # fmt: skip
        return found[:limit]

    async def course(self, member_id: UUID, after_day: int, limit: int) -> Sequence[ClosedDay]:
        if await self.get(member_id) is None:
            return []
        days = [day for (whose, _), (_, day) in self._model.days.items() if whose == member_id]
        return sorted((day for day in days if day.day > after_day), key=lambda day: day.day)[:limit]

    async def last_activity(self) -> int:
        return max((row.state.last_at for row in self._rows()), default=0)

    async def progress(self) -> Progress:
        rows = self._rows()
        taken = sum(row.state.taken for row in rows)
        return Progress(len(rows), taken, await self.last_activity())

    def _rows(self) -> list[Row]:
        return [
            row
            for network_id, _, row in self._model.rows.values()
            if row is not None and network_id == self._network_id
        ]
