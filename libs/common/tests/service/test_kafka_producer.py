"""Publishing to a real broker: in order, once, and never past a failure."""

from __future__ import annotations

import asyncio
import time
from random import Random
from uuid import UUID

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
)
from common import kafka_producer
from common.clock import SystemClock, to_millis
from common.ids import new_id
from common.kafka_producer import Producer, Record, headers
from common.kafka_producer.session import Session
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from kith_cli.local.broker import LocalBroker

from libs.common.tests import topics

TOPIC = "things.thing.v1"
SMALL = {"max.message.bytes": "4096"}
TOO_BIG = Random(1).randbytes(20_000)  # also when compressed


def _record(number: int, key: str = "k", size: int = 0) -> Record:
    return Record(TOPIC, key, str(number).encode().ljust(size, b" "), [])


async def _sent(producer: Producer, name: str, number: int) -> bool:
    value = f"{name} {number}".encode()
    try:
        await (await producer.send(TOPIC, key=name, value=value, headers=[]))
    except KafkaError:
        return False
    return True


async def _numbers(kafka: str, topic: str) -> list[int]:
    return [int(record.value) for record in await topics.read(kafka, topic)]


async def test_a_record_carries_the_attributes_of_cloudevents(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    id = UUID("0198c9b6-3a20-7000-8000-000000000001")
    made = headers(id=id, type="a.B", source="/svc", sequence=7, traceparent="00-x")
    await (await producer.send(TOPIC, key="k", value=b"v", headers=made))
    (record,) = await topics.read(kafka, topic_prefix + TOPIC)
    assert (record.key, record.value) == (b"k", b"v")
    assert {name: value.decode() for name, value in record.headers} == {
        "ce_specversion": "1.0", "ce_id": str(id), "ce_type": "a.B", "ce_source": "/svc",
        "ce_time": "2025-08-20T23:00:19.616Z", "ce_sequence": "7",
        "content-type": "application/protobuf", "traceparent": "00-x",
    }  # fmt: skip


def test_without_a_trace_there_is_no_traceparent() -> None:
    made = headers(id=new_id(), type="a.B", source="/svc", sequence=1, traceparent=None)
    assert "traceparent" not in dict(made)


async def test_records_are_in_the_log_in_the_order_of_calls(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    sent = [
        await producer.send(TOPIC, key="k", value=str(number).encode(), headers=[])
        for number in range(3_000)
    ]
    await asyncio.gather(*sent)
    assert await _numbers(kafka, topic_prefix + TOPIC) == list(range(3_000))


async def test_the_same_key_goes_to_the_same_partition(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC, partitions=4)
    assert not any(await producer.send_all(_record(n, key=f"k{n % 10}") for n in range(200)))
    found = await topics.read(kafka, topic_prefix + TOPIC)
    places = {(record.key, record.partition) for record in found}
    assert len(places) == 10
    assert len({partition for _, partition in places}) > 1


async def test_partitions_that_a_topic_is_given_meanwhile_are_used(
    kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC, partitions=1)
    session = await Session.open(kafka, "test", topic_prefix, 30.0)
    await (await session.send(_record(0, key="k0")))
    await topics.grow(kafka, topic_prefix + TOPIC, 4)
    client = session._producer.client

    async def seen() -> bool:
        await client.force_metadata_update()  # as it does by itself every minute
        return len(client.cluster.partitions_for_topic(topic_prefix + TOPIC) or ()) == 4

    await until(seen)
    for number in range(20):
        await (await session.send(_record(number, key=f"k{number}")))
    await session.drain()
    found = await topics.read(kafka, topic_prefix + TOPIC)
    assert len({record.partition for record in found}) > 1


async def test_nothing_overtakes_a_record_the_broker_refused(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    """What does this test do? The broker refuses batches over 4 kB. A big record in the middle of
    many small ones makes a batch of its own, with others queued behind it: none of those may get
    into the log, since they would stand before what failed when that is sent again."""
    await create_topics(TOPIC, settings=SMALL)
    many = [_record(n, size=700) for n in range(40)]
    big = Record(TOPIC, "k", TOO_BIG, [])
    outcomes = await producer.send_all([*many[:20], big, *many[20:]])
    assert isinstance(outcomes[20], MessageSizeTooLargeError)
    failed = [n for n, error in enumerate(outcomes) if error is not None]
    assert failed == list(range(failed[0], 41))
    in_log = await _numbers(kafka, topic_prefix + TOPIC)
    assert in_log == list(range(failed[0]))


async def test_a_producer_that_failed_for_good_is_replaced_by_the_next_send(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC, settings=SMALL)
    for number in range(3):
        big = await producer.send(TOPIC, key="k", value=TOO_BIG, headers=[])
        with pytest.raises(MessageSizeTooLargeError):
            await big
        assert await producer.send_all([_record(number)]) == [None]
    assert await _numbers(kafka, topic_prefix + TOPIC) == [0, 1, 2]


async def test_sends_in_flight_while_a_producer_fails_all_come_to_an_end(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    """Eight tasks send and repeat what failed, while another breaks the producer again and
    again: everything reaches the log, and the first appearances of each task are in order."""
    await create_topics(TOPIC, partitions=3, settings=SMALL)

    async def write(name: str) -> None:
        for number in range(40):
            while not await _sent(producer, name, number):
                pass

    async def disturb() -> None:
        for _ in range(6):
            assert any(await producer.send_all([Record(TOPIC, "x", TOO_BIG, [])]))

    await asyncio.gather(disturb(), *(write(f"w{n}") for n in range(8)))
    log = await topics.read(kafka, topic_prefix + TOPIC)
    found = [record.value.decode().split() for record in log]
    for writer in range(8):
        numbers = [int(number) for name, number in found if name == f"w{writer}"]
        assert list(dict.fromkeys(numbers)) == list(range(40))


async def test_a_record_too_large_to_send_at_all_harms_no_other(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    huge = Record(TOPIC, "k", b"x" * 2_000_000, [])
    outcomes = await producer.send_all([_record(1), huge, _record(2)])
    assert outcomes[0] is None
    assert isinstance(outcomes[1], MessageSizeTooLargeError)
    assert outcomes[2] is outcomes[1]  # not sent: it would have overtaken
    assert await _numbers(kafka, topic_prefix + TOPIC) == [1]


async def test_what_is_queued_is_sent_before_closing(
    kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    async with kafka_producer.connect(kafka, "test", topic_prefix) as producer:
        for number in range(500):
            _queued = await producer.send(TOPIC, key="k", value=str(number).encode(), headers=[])
    assert await _numbers(kafka, topic_prefix + TOPIC) == list(range(500))
    with pytest.raises(ProducerClosed):
        _late = await producer.send(TOPIC, key="k", value=b"late", headers=[])


async def test_a_producer_that_was_never_connected_closes(topic_prefix: str) -> None:
    producer = Producer("127.0.0.1:1", "test", topic_prefix)
    await producer.close()


async def test_a_broker_that_is_not_there_yet_is_no_reason_not_to_start() -> None:
    async with kafka_producer.connect("127.0.0.1:1", "test", "") as producer:
        with pytest.raises(KafkaConnectionError):
            await producer.check()
        with pytest.raises(KafkaConnectionError):
            _never = await producer.send(TOPIC, key="k", value=b"v", headers=[])


async def test_sending_while_the_broker_is_away_fails_in_time_and_works_again_when_it_is_back(
    broker: LocalBroker,
) -> None:
    kafka = broker.bootstrap
    await topics.make(kafka, TOPIC)
    async with kafka_producer.connect(kafka, "test", "", delivery_seconds=1.0) as producer:
        assert await producer.send_all([_record(0)]) == [None]
        await asyncio.to_thread(broker.kill)
        queued = await producer.send_all([_record(1), _record(2)])
        assert [type(error) for error in queued] == [KafkaTimeoutError] * 2
        with pytest.raises(KafkaError):
            await producer.send_all([_record(1)])
        with pytest.raises(KafkaError):
            await producer.check()
        await asyncio.to_thread(broker.start)

        async def sent() -> bool:
            try:
                return not any(await producer.send_all([_record(1), _record(2)]))
            except KafkaError:
                return False

        await until(sent, every=0.1)
        await producer.check()
    numbers = await _numbers(kafka, TOPIC)
    assert list(dict.fromkeys(numbers)) == [0, 1, 2]


async def test_a_broker_that_comes_back_in_time_gets_each_record_once(broker: LocalBroker) -> None:
    kafka = broker.bootstrap
    await topics.make(kafka, TOPIC)
    async with kafka_producer.connect(kafka, "test", "") as producer:
        assert await producer.send_all([_record(0)]) == [None]
        await asyncio.to_thread(broker.kill)
        sending = asyncio.create_task(producer.send_all([_record(1), _record(2)]))
        await asyncio.to_thread(broker.start)
        assert await sending == [None, None]
    assert await _numbers(kafka, TOPIC) == [0, 1, 2]


async def test_a_broker_that_does_not_answer_does_not_keep_us_from_closing(
    broker: LocalBroker,
) -> None:
    kafka = broker.bootstrap
    await topics.make(kafka, TOPIC)
    async with kafka_producer.connect(kafka, "test", "", delivery_seconds=0.5) as producer:
        assert await producer.send_all([_record(0)]) == [None]
        broker.pause()
        (late,) = await producer.send_all([_record(1)])
        assert isinstance(late, KafkaTimeoutError)
    broker.resume()


async def test_what_is_late_is_not_sent_and_keeps_nobody_from_sending_more(
    producer: Producer, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    late = await producer.send_all([_record(0), _record(1)], until=time.monotonic())
    assert [type(one) for one in late] == [KafkaTimeoutError] * 2
    assert await producer.send_all([_record(2)], until=time.monotonic() + 60) == [None]
    assert len(await topics.read(kafka, topic_prefix + TOPIC)) == 1


def test_the_time_of_an_event_is_the_time_in_its_id() -> None:
    before = SystemClock().now()
    made = dict(headers(id=new_id(), type="a", source="b", sequence=1, traceparent=None))
    after = SystemClock().now()
    told = made["ce_time"].decode()
    assert to_millis(before).isoformat(timespec="milliseconds")[:23] <= told[:23]
    assert told[:23] <= after.isoformat(timespec="milliseconds")[:23]
