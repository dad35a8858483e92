"""Members of a group that are killed, stopped, joined by others or without a broker."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from common import kafka_producer
from common.kafka_consumer import Consumer, Meta, Mine
from common.kafka_producer import Producer, Record
from common.mongo import Database
from common.telemetry import Tracing
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from google.protobuf.wrappers_pb2 import Int64Value
from kith_cli.local.broker import LocalBroker

from libs.common.tests import topics
from libs.common.tests.consuming import (
    DLQ,
    Commits,
    Make,
    equals,
    publish_to_partitions,
    ready,
    running,
    true,
)
from libs.common.tests.rows import GROUP, Rows, publish, record
from libs.common.tests.things import TOPIC

ROOT = Path(__file__).parents[4]


async def test_a_process_killed_between_effect_and_commit_repeats_the_record_and_not_the_effect(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str, mongodb_uri: str,
    unique: str, tmp_path: Path, commits: Commits,
) -> None:  # fmt: skip
    await publish(producer, record("k", 1))
    marker = tmp_path / "effect"
    arguments = [kafka, mongodb_uri, f"kith_{unique}", topic_prefix, str(marker)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "libs.common.tests.counting_process", *arguments, cwd=ROOT
    )
    await until(lambda: true(marker.exists()))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await rows.all() == {"k": (1, 1)}
    assert await commits() is None
    async with running(make()):
        await publish(producer, record("k", 2))
        await until(lambda: equals(commits(), 2))
    assert rows.calls["k"] == 2
    assert await rows.all() == {"k": (2, 2)}


async def test_at_the_end_the_record_in_hand_is_finished_and_committed_and_no_other_begun(
    make: Make, producer: Producer, commits: Commits
) -> None:
    begun, release = asyncio.Event(), asyncio.Event()
    finished: list[int] = []

    async def take(event: Int64Value, meta: Meta) -> None:
        if event.value == 3:
            begun.set()
            await release.wait()
        finished.append(event.value)

    await publish(producer, *(record("k", n) for n in range(1, 11)))
    task = asyncio.create_task(make(take).run())
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert finished == [1, 2, 3]
    assert await commits() == 3


async def test_partitions_change_hands_without_an_effect_lost_or_doubled(
    make: Make, producer: Producer, create_topics: CreateTopics
) -> None:
    """While 24 keys get 40 events each, a second and a third consumer join and the first leaves.
    Nothing is lost, and as each lets go only after its commit, nothing is even taken twice."""
    await create_topics("many.v1", partitions=6)
    taken: dict[str, list[int]] = {f"k{key}": [] for key in range(24)}
    takers: set[int] = set()

    def member(number: int) -> Consumer:
        async def take(event: Int64Value, meta: Meta) -> None:
            takers.add(number)
            await asyncio.sleep(0.001)  # long enough to be interrupted
            taken[meta.key].append(event.value)

        return make(take, topics=["many.v1"])

    async def write() -> None:
        for number in range(1, 41):
            made = record("k", number)
            await publish(
                producer, *(Record("many.v1", key, made.value, made.headers) for key in taken)
            )

    first, second, third = (member(number) for number in range(3))
    async with running(first) as (leaving,):
        await until(lambda: ready(first))
        writing = asyncio.create_task(write())
        async with running(second, third):
            await until(lambda: ready(second))
            await until(lambda: ready(third))
            leaving.cancel()
            await writing
            await until(lambda: true(sum(map(len, taken.values())) >= 24 * 40))
    assert taken == {key: list(range(1, 41)) for key in taken}
    assert len(takers) > 1


async def test_partitions_are_given_up_between_two_records_and_not_after_a_whole_batch(
    make: Make, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics("two.v1", partitions=2)
    await publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 51))
    begun, release = asyncio.Event(), asyncio.Event()
    taken: dict[str, list[tuple[int, int]]] = {"first": [], "second": []}

    async def slowly(event: Int64Value, meta: Meta) -> None:
        begun.set()
        await release.wait()
        taken["first"].append((meta.partition, event.value))

    async def quickly(event: Int64Value, meta: Meta) -> None:
        taken["second"].append((meta.partition, event.value))

    first = make(slowly, topics=["two.v1"])
    async with running(first):
        await begun.wait()
        async with running(make(quickly, topics=["two.v1"])):
            await until(lambda: true(len(first._given_up or ()) == 2))
            release.set()
            await until(lambda: true(sum(map(len, taken.values())) == 100))
    assert len(taken["second"]) >= 49
    assert len({*taken["first"], *taken["second"]}) == 100


async def test_a_consumer_waits_for_a_broker_that_is_not_there_and_can_be_stopped_meanwhile(
    make: Make, kafka: str
) -> None:
    producer = Producer("127.0.0.1:1", "test")
    consumer = Consumer(
        "127.0.0.1:1", group=GROUP, topics=[TOPIC], handlers={}, producer=producer,
        tracing=Tracing(None),
    )  # fmt: skip
    async with running(consumer) as (task,):
        await asyncio.wait([task], timeout=1.5)
        assert not task.done()
    await producer.close()


async def test_a_consumer_goes_on_when_the_broker_comes_back(
    broker: LocalBroker, database: Database
) -> None:
    rows = Rows(database)
    kafka = broker.bootstrap
    await topics.make(kafka, TOPIC, DLQ)
    async with kafka_producer.connect(kafka, "test", "") as producer:
        consumer = Consumer(
            kafka, group=GROUP, topics=[TOPIC], handlers={Int64Value: rows.take},
            producer=producer, tracing=Tracing(None),
        )  # fmt: skip
        async with running(consumer):
            await publish(producer, record("k", 1))
            await until(lambda: equals(rows.all(), {"k": (1, 1)}))
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await publish(producer, record("k", 2))
            await until(lambda: equals(rows.all(), {"k": (2, 2)}))
            # it can also be stopped while the broker is away
            await asyncio.to_thread(broker.kill)


async def test_members_know_whose_records_come_to_them(
    make: Make, producer: Producer, create_topics: CreateTopics
) -> None:
    await create_topics("keyed.v1", partitions=4)
    mine: dict[str, Mine] = {}
    taken: dict[str, list[str]] = {"first": [], "second": []}

    def member(name: str) -> Consumer:
        async def take(event: Int64Value, meta: Meta) -> None:
            taken[name].append(meta.key)

        return make(take, topics=["keyed.v1"], given=lambda keys: mine.update({name: keys}))

    keys = [f"key-{number}" for number in range(50)]
    first, second = member("first"), member("second")
    async with running(first):
        await until(lambda: true("first" in mine and all(map(mine["first"], keys))))
        async with running(second):
            await until(lambda: ready(second))
            await until(lambda: true(0 < sum(map(mine["first"], keys)) < len(keys)))
            records = [replace(record(key, 1), topic="keyed.v1") for key in keys]
            await publish(producer, *records)
            await until(lambda: true(sum(map(len, taken.values())) == len(keys)))
            for name in taken:
                assert sorted(taken[name]) == sorted(filter(mine[name], keys))
        assert not any(map(mine["second"], keys))
