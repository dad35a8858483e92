"""The order in which the stream keeps things, and what it does when something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from common.kafka_consumer import DlqLimitReached
from common.telemetry import Tracing
from common.testing.poll import until
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as events
from signals.adapters.outlet import WrongPartition
from signals.domain.codec import UnknownLayout, decode
from signals.entrypoints.streams import MAX_PENDING, Stream

from services.signals.tests.builders import (
    CONSENT,
    DAY,
    SET_ASIDE,
    SIGNAL,
    START,
    STATES,
    WITHDRAWAL,
    Record,
    a_record,
    an_event,
)
from services.signals.tests.fakes import FakePartitions, FakeProducer
from services.signals.tests.unit.builders import P

ADA, BEA = UUID(int=1), UUID(int=2)


def agreed(member_id: UUID, offset: int = 0) -> Record:
    return a_record(an_event(member_id, CONSENT), offset)


def asks(member_id: UUID, *offsets: int) -> list[Record]:
    """One each day."""
    return [a_record(an_event(member_id, at=START + at * DAY), at) for at in offsets]


def bad(offset: int) -> Record:
    return a_record(an_event(ADA, pb.ACTIVITY_KIND_UNSPECIFIED), offset)


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


@asynccontextmanager
async def running(stream: Stream) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(stream.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def ready(stream: Stream) -> bool:
    try:
        await stream.check()
    except RuntimeError:
        return False
    return True


async def test_signals_are_published_before_states_are_stored_before_offsets_are_committed(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([agreed(ADA), agreed(BEA, 1), *asks(ADA, 2, 3)], 1)
    assert producer.sent == []
    await stream.flush()
    assert producer.topics() == [SIGNAL, SIGNAL, STATES, STATES]
    assert partitions.committed == {}
    assert decode(partitions.states[str(ADA).encode()]).offset == 3
    await stream.drain()
    assert partitions.committed == {0: 4}


@pytest.mark.parametrize("topic", [SIGNAL, STATES])
async def test_what_could_not_be_kept_is_not_committed_and_kept_later(
    topic: str, stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([agreed(ADA), *asks(ADA, 1)], 1)
    producer.fails = lambda sent: sent.topic == topic
    with pytest.raises(KafkaError):
        await stream.flush()
    assert partitions.states == {}  # nothing counts that a restart would not find
    await stream.take(asks(ADA, 2), 1)
    await stream.drain()
    assert partitions.committed == {}
    producer.fails = lambda sent: False
    await stream.drain()
    assert partitions.committed == {0: 3}
    assert decode(partitions.states[str(ADA).encode()]).taken == 2


async def test_one_failure_among_many_loses_none_of_them(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    members = [UUID(int=number) for number in range(1, 101)]
    await stream.take([agreed(member, offset) for offset, member in enumerate(members)], 1)
    producer.fails = lambda sent: sent.key == str(members[50])
    with pytest.raises(KafkaError):
        await stream.flush()
    producer.fails = lambda sent: False
    await stream.flush()
    assert len(partitions.states) == 100


async def test_it_goes_on_by_itself_when_the_broker_is_back(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    failures = iter([True, True])
    producer.fails = lambda sent: next(failures, False)

    async def stored() -> bool:
        return bool(partitions.states)

    async with running(stream):
        await stream.take([agreed(ADA)], 1)
        await until(stored)
        await until(lambda: ready(stream))


async def test_it_is_not_ready_while_nothing_can_be_kept(
    stream: Stream, producer: FakeProducer
) -> None:
    producer.fails = lambda sent: True
    assert await ready(stream)

    async def not_ready() -> bool:
        return not await ready(stream)

    async with running(stream):
        await stream.take([agreed(ADA)], 1)
        await until(not_ready)


async def test_after_partitions_moved_nothing_of_before_is_kept(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([agreed(ADA), *asks(ADA, 1)], 1)
    await stream.forget()
    partitions.generation = 2
    await stream.take(asks(ADA, 2), 1)  # was read before they moved
    await stream.drain()
    assert producer.sent == []
    assert partitions.committed == {}
    await stream.find_place()
    await stream.take([agreed(ADA), *asks(ADA, 1)], 2)
    await stream.drain()
    assert partitions.committed == {0: 2}


async def test_what_is_not_next_in_its_partition_is_read_again_from_there(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take(asks(ADA, 3, 4), 1)  # Faust had dropped what came before
    assert partitions.sought == []
    await stream.find_place()
    assert partitions.sought == [{0: 0}]
    await stream.take(asks(ADA, 4, 5), 1)  # was on its way
    await stream.take([agreed(ADA), *asks(ADA, 1, 2, 3)], 1)
    await stream.take(asks(ADA, 2, 3, 4), 1)
    await stream.take(asks(ADA, 1, 2), 1)
    await stream.take(asks(ADA, 5), 1)
    await stream.drain()
    assert partitions.committed == {0: 6}
    assert decode(partitions.states[str(ADA).encode()]).taken == 5
    await stream.find_place()
    await stream.find_place()
    assert partitions.sought == [{0: 0}, {0: 6}]  # nothing is lost by looking once more


async def test_partitions_that_are_not_here_are_left_alone(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([a_record(an_event(ADA, CONSENT), 0, partition=7)], 1)
    await stream.drain()
    assert producer.sent == []


async def test_a_worker_begins_where_the_last_one_committed(
    producer: FakeProducer, partitions: FakePartitions
) -> None:
    partitions.committed = {0: 2}
    stream = Stream(producer, P, partitions, Tracing(None))
    await stream.take([agreed(ADA), *asks(ADA, 1)], 1)  # nobody knows yet where to begin
    partitions.generation = None
    await stream.find_place()
    await stream.take([agreed(ADA), *asks(ADA, 1)], 1)
    partitions.generation = 1
    await stream.find_place()
    await stream.take([agreed(ADA), *asks(ADA, 1), agreed(BEA, 2)], 1)
    await stream.drain()
    assert partitions.states.keys() == {str(BEA).encode()}


async def test_what_is_kept_but_not_committed_comes_again_without_effect(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([agreed(ADA), *asks(ADA, 1, 2)], 1)
    await stream.flush()
    await stream.forget()
    await stream.find_place()
    sent = list(producer.sent)
    await stream.take([agreed(ADA), *asks(ADA, 1, 2)], 1)
    await stream.drain()
    assert producer.sent == sent
    assert partitions.committed == {0: 3}


async def test_a_replay_publishes_the_same_under_the_same_ids(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    log = [
        agreed(ADA), *asks(ADA, *range(1, 10)),
        a_record(an_event(ADA, WITHDRAWAL, START + 10 * DAY), 10),
        a_record(an_event(ADA, CONSENT, START + 11 * DAY), 11), *asks(ADA, 12, 13),
    ]  # fmt: skip

    async def published(*ends: int) -> dict[bytes, tuple[bytes, bytes | None]]:
        producer.sent.clear()
        partitions.states.clear()
        await stream.forget()
        await stream.find_place()
        for count, record in enumerate(log, 1):
            await stream.take([record], 1)
            if count in ends:
                await stream.flush()
        await stream.flush()
        found = [(dict(sent.headers), sent) for sent in producer.sent if sent.topic == SIGNAL]
        return {head["ce_id"]: (head["ce_type"], sent.value) for head, sent in found}

    one_by_one = await published(*range(20))
    assert len(one_by_one) == len(log)
    assert await published(*range(20)) == one_by_one
    at_once = await published()
    assert at_once.keys() < one_by_one.keys()
    assert [kind for kind, _ in at_once.values()] == [
        events.MemberSignalCleared.DESCRIPTOR.full_name.encode(),
        events.MemberSignalUpdated.DESCRIPTOR.full_name.encode(),
    ]


async def test_a_bad_record_is_set_aside_and_the_others_go_on(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    await stream.take([agreed(ADA), bad(1), *asks(ADA, 2)], 1)
    await stream.drain()
    (aside,) = [sent for sent in producer.sent if sent.topic == SET_ASIDE]
    assert aside.value == bad(1).value
    assert dict(aside.headers)["error_reason"] == b"INVALID_ARGUMENT"
    assert partitions.committed == {0: 3}
    assert decode(partitions.states[str(ADA).encode()]).taken == 1


async def test_more_than_five_bad_records_in_a_row_stop_it_before_the_first_of_them(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    async with running(stream) as task:
        good = [agreed(ADA), *asks(ADA, 1)]
        await stream.take([*good, *map(bad, range(2, 9)), *asks(ADA, 9)], 1)
        await asyncio.wait([task])
    with pytest.raises(DlqLimitReached, match="more than 5 records in a row"):
        task.result()
    assert producer.topics().count(SET_ASIDE) == 5
    assert partitions.committed == {0: 2}  # a restart sets the same aside, and no more
    assert decode(partitions.states[str(ADA).encode()]).taken == 1  # what was good is kept


async def test_a_bug_stops_it_and_keeps_nothing_of_the_batch(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    partitions.states[str(BEA).encode()] = b"\x63 of a later release"
    async with running(stream) as task:
        await stream.take([agreed(ADA), *asks(BEA, 1)], 1)
        await asyncio.wait([task])
    with pytest.raises(UnknownLayout):
        task.result()
    assert producer.sent == []
    assert partitions.committed == {}


async def test_a_state_that_went_to_another_partition_stops_it(
    stream: Stream, producer: FakeProducer, partitions: FakePartitions
) -> None:
    producer.partition = 7
    async with running(stream) as task:
        await stream.take([agreed(ADA)], 1)
        await asyncio.wait([task])
    with pytest.raises(WrongPartition):
        task.result()
    assert partitions.committed == {}


async def test_there_is_a_limit_to_what_waits_to_be_stored(
    stream: Stream, producer: FakeProducer
) -> None:
    await stream.take([agreed(ADA, offset) for offset in range(MAX_PENDING)], 1)
    more = asyncio.create_task(stream.take([agreed(BEA, MAX_PENDING)], 1))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not more.done()
    await stream.flush()
    await more
    await stream.flush()
    assert {sent.key for sent in producer.sent} == {str(ADA), str(BEA)}
