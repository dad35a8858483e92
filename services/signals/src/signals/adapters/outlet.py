"""What leaves the stream: signals for the world, and states for the stream's own next life."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from common.ids import timed_id
from common.kafka_producer import Producer, Record, headers

from signals.adapters.events import SIGNAL_TOPIC, Change, to_erased, to_events
from signals.application.fold import Touched
from signals.domain.codec import encode
from signals.domain.parameters import Parameters

STATE_TOPIC = "signals.state.v1-members-changelog"
SOURCE = "/signals"
_BREATHE = 20  # so many records are made before others have their turn


class WrongPartition(Exception):
    """A state went to another partition than its member's activities came from.

    Whoever restores that partition would not find it. So all producers of activities must choose
    partitions as Kafka does by default, and both topics must have the same number of them.
    """


class Outlet:
    """Publishes and stores what was folded."""

    def __init__(self, producer: Producer, parameters: Parameters) -> None:
        self._producer = producer
        self._parameters = parameters

    async def publish(self, touched: Iterable[Touched]) -> None:
        """Tell the world, and return when the log has it. Raises KafkaError."""
        await self._send(record for member in touched for record in self._signals(member))

    async def tell_erased(self, touched: Iterable[Touched]) -> None:
        """Tell the world whose states are gone, once they are. Raises KafkaError.

        Who is told so may say that nothing of her is left in the stream.
        """
        gone = [member for member in touched if member.erased]
        await self._send(self._signal(member, to_erased(member)) for member in gone)

    async def store(self, touched: Sequence[Touched]) -> dict[bytes, bytes | None]:
        """Keep the states in the changelog, and give what is there now, by key; None: gone.

        Raises KafkaError, WrongPartition.
        """
        states: dict[bytes, bytes | None] = {}

        def records() -> Iterator[Record]:
            for member in touched:
                state = None if member.erased else encode(member.state)
                states[member.member_id.encode()] = state
                yield Record(STATE_TOPIC, member.member_id, state, ())

        for member, stored in zip(touched, await self._send(records()), strict=True):
            if stored.partition != member.partition:
                raise WrongPartition(f"{stored.partition}, not {member.partition}")
        return states

    def _signals(self, member: Touched) -> Iterator[Record]:
        for change in to_events(member, self._parameters):
            yield self._signal(member, change)

    def _signal(self, member: Touched, change: Change) -> Record:
        id = timed_id(change.at, UUID(member.member_id), "signal", change.offset)
        made = headers(
            id=id, type=change.event.DESCRIPTOR.full_name, source=SOURCE,
            sequence=change.offset, traceparent=member.traceparent,
        )  # fmt: skip
        return Record(SIGNAL_TOPIC, member.member_id, change.event.SerializeToString(), made)

    async def _send(self, records: Iterable[Record]) -> list[Any]:
        """Send in order, others having their turn meanwhile, and wait for all."""
        sent: list[asyncio.Future[Any]] = []
        try:
            for count, record in enumerate(records):
                sent.append(
                    await self._producer.send(
                        record.topic, key=record.key, value=record.value, headers=record.headers
                    )
                )
                if count % _BREATHE == 0:
                    await asyncio.sleep(0)
        finally:
            # Also those before one that failed: none is on its way any more when it is tried again.
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return outcomes
