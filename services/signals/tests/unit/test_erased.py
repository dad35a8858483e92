"""Who leaves is forgotten by the stream: her state goes, then that is told; nothing comes back."""

from __future__ import annotations

from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from common.telemetry import Tracing
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as events
from signals.adapters.events import to_cleared
from signals.application.ports import Cleared
from signals.entrypoints.streams import Stream

from services.signals.tests.builders import (
    CONSENT,
    DAY,
    NETWORK,
    SIGNAL,
    START,
    STATES,
    Record,
    a_record,
    an_event,
)
from services.signals.tests.fakes import FakePartitions, FakeProducer
from services.signals.tests.unit.builders import P

ADA, BEA = UUID(int=1), UUID(int=2)
ERASED = pb.ACTIVITY_KIND_MEMBER_ERASED
LIFE = [
    a_record(an_event(ADA, CONSENT), 0), a_record(an_event(BEA, CONSENT), 1),
    a_record(an_event(ADA, at=START + DAY), 2), a_record(an_event(BEA, at=START + DAY), 3),
]  # fmt: skip
END = a_record(an_event(ADA, ERASED, START + 2 * DAY), 4)


@pytest.fixture
def producer() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def partitions() -> FakePartitions:
    return FakePartitions()


@pytest.fixture
async def stream(producer: FakeProducer, partitions: FakePartitions) -> Stream:
    stream = Stream(producer, P, partitions, Tracing(None))
    await stream.find_place()
    return stream


async def folded(stream: Stream, *records: Record) -> None:
    for record in records:
        await stream.take([record], 1)
    await stream.flush()


async def test_her_state_gets_a_tombstone_and_only_then_it_is_told(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await folded(stream, *LIFE)
    producer.sent.clear()
    await folded(stream, END)

    assert list(partitions.states) == [str(BEA).encode()]
    tombstone, told = producer.sent
    assert (tombstone.topic, tombstone.key, tombstone.value) == (STATES, str(ADA), None)
    assert (told.topic, told.key) == (SIGNAL, str(ADA))
    assert told.value is not None
    cleared = to_cleared(events.MemberSignalCleared.FromString(told.value))
    assert cleared == Cleared(NETWORK, ADA, 4, erased=True)


async def test_in_one_batch_with_her_life_nothing_of_that_is_told(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await folded(stream, *LIFE, END)
    assert list(partitions.states) == [str(BEA).encode()]
    hers = [(sent.topic, sent.value is None) for sent in producer.sent if sent.key == str(ADA)]
    assert hers == [(STATES, True), (SIGNAL, False)]


async def test_what_comes_later_or_again_brings_nothing_back(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await folded(stream, *LIFE, END)
    await stream.forget()  # another process goes on: it has the table and no memory
    await stream.find_place()
    producer.sent.clear()
    after = [a_record(an_event(ADA, at=START + day * DAY), day + 2) for day in range(3, 6)]
    await folded(stream, *LIFE, END, *after)
    assert str(ADA).encode() not in partitions.states
    values = [sent.value for sent in producer.sent if (sent.topic, sent.key) == (STATES, str(ADA))]
    assert values == [None]


async def test_a_tombstone_that_is_not_stored_is_not_told_of(
    stream: Stream, producer: FakeProducer
) -> None:
    await folded(stream, *LIFE)
    producer.sent.clear()
    producer.fails = lambda sent: sent.topic == STATES
    with pytest.raises(KafkaError):
        await folded(stream, END)
    assert [sent for sent in producer.sent if sent.key == str(ADA)] == []
    producer.fails = lambda sent: False
    await stream.flush()
    assert [sent.topic for sent in producer.sent if sent.key == str(ADA)] == [STATES, SIGNAL]
