"""Outbox and relay on real Kafka and a real database: nothing lost, order kept, doubles bounded."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from common import outbox
from common.ids import new_id
from common.kafka_producer import Producer
from common.outbox import MAX_WAITING, PER_KEY, Relay
from common.telemetry import configure
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from opentelemetry.trace import SpanKind

from libs.common.tests import topics
from libs.common.tests.producers import (
    Counting,
    Crash,
    CrashesAfterPublishing,
    Interrupted,
    Unreliable,
)
from libs.common.tests.relaying import none_waits, running
from libs.common.tests.things import NAME, TOPIC, Things, by_key, first_appearances, published


async def test_an_event_reaches_kafka_and_is_forgotten(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    id = new_id()
    await things.insert(id, 1, 2)
    assert await relay.drain() == 2
    first, second = await topics.read(kafka, topic_prefix + TOPIC)
    assert by_key([first, second]) == {str(id): [1, 2]}
    assert topics.header(first, "ce_type") == "google.protobuf.Int64Value"
    assert topics.header(first, "ce_source") == "/test"
    assert topics.header(second, "ce_sequence") == "2"
    assert UUID(topics.header(first, "ce_id")).version == 7
    assert await things.collection.find_one({"_id": id}) == {
        "_id": id, "n": 2, "network_id": things.collection.network_id,
    }  # fmt: skip
    assert await relay.drain() == 0


async def test_a_thing_can_change_before_and_after_its_events_are_gone(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    id = new_id()
    await things.insert(id, 1)
    await things.push(id, 2)
    assert await relay.drain() == 2
    await things.push(id, 3, 4)
    await things.push(id, 5)
    relay.wake()
    assert await relay.drain() == 3
    assert await published(kafka, topic_prefix) == {str(id): [1, 2, 3, 4, 5]}
    assert await things.waiting() == 0


async def test_a_crash_between_write_and_publish_loses_nothing(
    things: Things, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    ids = [new_id() for _ in range(250)]
    for id in ids:
        await things.insert(id, 1)
    # The process that wrote is gone; another one starts its relay.
    async with running(Relay(things.database, [NAME], producer, "/test")):
        await until(lambda: none_waits(things))
    assert await published(kafka, topic_prefix) == {str(id): [1] for id in ids}


async def test_a_crash_between_publish_and_forget_publishes_the_same_events_again(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    id = new_id()
    await things.insert(id, 1, 2)
    crashing = CrashesAfterPublishing(kafka, "test", topic_prefix)
    with pytest.raises(Crash):
        await Relay(things.database, [NAME], crashing, "/test").drain()
    await crashing.close()
    assert await relay.drain() == 2
    records = await topics.read(kafka, topic_prefix + TOPIC)
    assert by_key(records) == {str(id): [1, 2, 1, 2]}
    ids = [topics.header(record, "ce_id") for record in records]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2
    assert await things.waiting() == 0


@pytest.mark.parametrize("changed_before", [False, True])
async def test_an_event_that_comes_between_read_and_forget_is_not_lost(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack, changed_before: bool
) -> None:
    producer = Interrupted(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    id, other = new_id(), new_id()
    await things.insert(id, 1)
    await things.insert(other, 1)
    if changed_before:
        await things.push(id, 2)
    producer.meanwhile = lambda: things.push(id, 3)
    relay = Relay(things.database, [NAME], producer, "/test")
    await relay.drain()
    assert await things.waiting() == 1
    await relay.drain()
    assert await things.waiting() == 0
    expected = [1, 2, 3] if changed_before else [1, 3]
    assert await published(kafka, topic_prefix) == {str(id): expected, str(other): [1]}


async def test_another_relay_that_was_faster_does_no_harm(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack
) -> None:
    producer = Interrupted(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    slow, fast = (Relay(things.database, [NAME], producer, "/test") for _ in range(2))
    id = new_id()
    await things.insert(id, 1)

    async def meanwhile() -> None:
        await fast.drain()
        await things.push(id, 2)

    producer.meanwhile = meanwhile
    await slow.drain()
    await slow.drain()
    assert await things.waiting() == 0
    assert await published(kafka, topic_prefix) == {str(id): [1, 1, 2]}


async def test_racing_relays_publish_everything_with_first_appearances_in_order(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack
) -> None:
    """Four writers change six things while two relays run: whatever they publish twice, every
    event is in the log, and the first appearance of each comes after that of its predecessor."""
    producers = [Producer(kafka, "test", topic_prefix) for _ in range(2)]
    for producer in producers:
        closing.push_async_callback(producer.close)
    relays = [Relay(things.database, [NAME], producer, "/test") for producer in producers]
    ids = [new_id() for _ in range(6)]
    for id in ids:
        await things.insert(id, 1)

    async def write(mine: list[UUID]) -> None:
        for number in range(2, 60):
            for id in mine:
                await until(lambda id=id, number=number: things.push(id, number))  # type: ignore[misc]  # bound now
                relays[number % 2].wake()

    async with running(*relays):
        await asyncio.gather(write(ids[:2]), write(ids[2:4]), write(ids[4:5]), write(ids[5:]))
        await until(lambda: none_waits(things))
    log = await published(kafka, topic_prefix)
    assert set(log) == {str(id) for id in ids}
    for numbers in log.values():
        assert first_appearances(numbers) == list(range(1, 60))


async def test_failures_change_neither_the_order_nor_the_bound_on_doubles(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack
) -> None:
    """Four batches of ten fail somewhere in the middle. Every event is there, in order, and the
    doubles of an event are close enough for a consumer that remembers 2 × PER_KEY ids of a key."""
    producer = Unreliable(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    relay = Relay(things.database, [NAME], producer, "/test")
    key, id = new_id(), new_id()
    await things.insert(id, 1)

    async def write() -> None:
        for number in range(1, 151):
            await things.insert(new_id(), number, key=key)
            relay.wake()
        for number in range(2, 61):
            await until(lambda number=number: things.push(id, number))  # type: ignore[misc]  # bound now
            relay.wake()

    async with running(relay):
        await write()
        await until(lambda: none_waits(things))
    log = await published(kafka, topic_prefix)
    assert first_appearances(log[str(key)]) == list(range(1, 151))
    assert first_appearances(log[str(id)]) == list(range(1, 61))
    for numbers in log.values():
        remembered: list[int] = []
        for number in numbers:
            if number not in remembered[-2 * PER_KEY :]:
                assert number not in remembered
                remembered.append(number)


async def test_what_was_acknowledged_of_a_failed_batch_is_not_published_again(
    things: Things, relay: Relay, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics("small.v1", settings={"max.message.bytes": "4096"})
    await things.insert(new_id(), 1)
    await things.insert(new_id(), 2)
    poison = things.document(new_id(), 3)
    poison["outbox"][0] |= {"topic": "small.v1", "payload": Random(1).randbytes(20_000)}
    await things.collection.insert_one(poison)
    for _ in range(3):
        with pytest.raises(KafkaError):
            await relay.drain()
    counts = Counter(
        topics.header(record, "ce_id") for record in await topics.read(kafka, topic_prefix + TOPIC)
    )
    assert list(counts.values()) == [1, 1]
    assert await things.waiting() == 1


async def test_at_most_so_many_entries_of_a_key_are_on_their_way_together(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack
) -> None:
    producer = Counting(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    relay = Relay(things.database, [NAME], producer, "/test")
    hot, full = new_id(), new_id()
    for number in range(70):
        await things.insert(new_id(), number, key=hot)
    await things.insert(full, *range(MAX_WAITING))
    offered = [things.document(new_id(), number, key=hot) for number in range(70, 150)]
    assert await relay.drain() == 70 + MAX_WAITING
    await things.collection.insert_many(offered)
    relay.offer(NAME, offered)
    assert await relay.drain() == 80
    assert producer.most <= PER_KEY
    assert await things.waiting() == 0
    log = await published(kafka, topic_prefix)
    assert log == {str(hot): list(range(150)), str(full): list(range(MAX_WAITING))}


async def test_an_outbox_takes_no_more_than_it_has_room_for(things: Things, relay: Relay) -> None:
    id = new_id()
    await things.insert(id, 1)
    for number in range(2, MAX_WAITING + 1):
        assert await things.push(id, number)
    assert not await things.push(id, MAX_WAITING + 1)
    stored = await things.collection.find_one({"_id": id})
    assert stored is not None
    assert (stored["n"], len(stored["outbox"])) == (MAX_WAITING, MAX_WAITING)
    await relay.drain()
    assert await things.push(id, MAX_WAITING + 1)


async def test_a_thing_that_changes_keeps_its_place_in_the_queue(things: Things) -> None:
    """Else what a crash published twice could be far apart."""
    first, second = new_id(), new_id()
    await things.insert(first, 1)
    await things.insert(second, 1)
    await things.push(first, 2)
    found = await outbox.waiting(things.database.unscoped(NAME)).to_list(None)
    assert [document["_id"] for document in found] == [first, second]


async def test_the_relay_finds_what_waits_by_its_sparse_index(things: Things, relay: Relay) -> None:
    await things.collection.insert_many([{"n": number} for number in range(300)])
    await things.insert(new_id(), 1)
    cursor = outbox.waiting(things.database.unscoped(NAME))
    explained = await cursor.explain()
    plan = str(explained["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "'indexName': 'outbox'" in plan
    assert "COLLSCAN" not in plan
    found = await outbox.waiting(things.database.unscoped(NAME)).to_list(None)
    assert len(found) == 1


async def test_the_trace_of_the_writer_goes_with_the_event(
    things: Things, relay: Relay, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    tracing = configure("test", f"file:{tmp_path / 'spans'}")
    with tracing.span("write", SpanKind.SERVER) as span:
        await things.insert(new_id(), 1)
        expected = span.get_span_context()
    tracing.close()
    await things.insert(new_id(), 2)
    await relay.drain()
    records = {
        topics.header(record, "ce_sequence"): dict(record.headers)
        for record in await topics.read(kafka, topic_prefix + TOPIC)
    }
    traceparent = records["1"]["traceparent"].decode()
    assert traceparent.startswith(f"00-{expected.trace_id:032x}-{expected.span_id:016x}-")
    assert "traceparent" not in records["2"]


async def test_the_collections_of_a_service_are_all_relayed(
    things: Things, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    other = things.database.collection("others", things.collection.network_id)
    await things.database.create_collections({"others": [outbox.INDEX]})
    await other.insert_one(things.document(new_id(), 7))
    await things.insert(new_id(), 8)
    assert await Relay(things.database, ["others", NAME], producer, "/test").drain() == 2
    assert sorted((await published(kafka, topic_prefix)).values()) == [[7], [8]]


async def test_who_waits_for_publication_finds_it_in_the_log(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    id = new_id()
    async with running(relay):
        await things.insert(id, 1, 2)
        await relay.published()
        assert await published(kafka, topic_prefix) == {str(id): [1, 2]}
