"""What becomes of a record that cannot be taken: set aside, tried again, or in the way."""

from __future__ import annotations

import pytest
from common.errors import Conflict, Invalid, Unavailable
from common.kafka_consumer import DlqLimitReached, Meta
from common.kafka_producer import Producer, Record
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from google.protobuf.wrappers_pb2 import Int64Value

from libs.common.tests import topics
from libs.common.tests.consuming import (
    DLQ,
    Commits,
    Make,
    count,
    equals,
    publish_to_partitions,
    running,
    true,
)
from libs.common.tests.rows import GROUP, Rows, publish, raw, record
from libs.common.tests.things import TOPIC


async def test_poison_is_set_aside_with_its_reason_and_the_rest_goes_on(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Commits,
) -> None:  # fmt: skip
    class BadNumber(Invalid):
        reason = "BAD_NUMBER"

    async def take(event: Int64Value, meta: Meta) -> None:
        if event.value == 13:
            raise BadNumber("not this one")
        await rows.take(event, meta)

    await publish(
        producer,
        record("k", 1),
        raw("poison", b"\xff\xff\xff"),
        record("k", 2),
        record("k", 13),
        Record(TOPIC, "untyped", b"x", []),
        record("k", 3),
    )
    async with running(make(take)):
        await until(lambda: equals(commits(), 6))
    assert await rows.all() == {"k": (3, 3)}
    letters = await topics.read(kafka, topic_prefix + DLQ)
    reasons = [topics.header(letter, "error_reason") for letter in letters]
    assert reasons == ["UNDECODABLE", "BAD_NUMBER", "INVALID_ARGUMENT"]
    assert [letter.key for letter in letters] == [b"poison", b"k", b"untyped"]
    assert letters[0].value == b"\xff\xff\xff"
    assert topics.header(letters[1], "ce_sequence") == "13"
    assert {topics.header(letter, "error_attempts") for letter in letters} == {"1"}


async def test_a_record_without_a_value_is_set_aside(
    make: Make, producer: Producer, kafka: str, topic_prefix: str,
    commits: Commits,
) -> None:  # fmt: skip
    await publish(producer, Record(TOPIC, "k", None, record("k", 1).headers))  # a tombstone
    async with running(make()):
        await until(lambda: equals(commits(), 1))
    assert len(await topics.read(kafka, topic_prefix + DLQ)) == 1


async def test_the_dead_letter_tells_how_often_it_was_tried(
    make: Make, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    tries = iter([Unavailable("away"), Conflict("changed"), Invalid("after all")])

    async def take(event: Int64Value, meta: Meta) -> None:
        raise next(tries)

    await publish(producer, record("k", 1))
    async with running(make(take)):
        await until(lambda: count(kafka, topic_prefix + DLQ, 1))
    (letter,) = await topics.read(kafka, topic_prefix + DLQ)
    assert topics.header(letter, "error_attempts") == "3"


async def test_more_than_five_dead_letters_in_a_row_stop_the_consumer_before_them(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Commits,
) -> None:  # fmt: skip
    """Nothing beyond the first five is ever set aside, however often a supervisor tries again."""
    bad = [raw("k", b"\xff") for _ in range(100)]
    await publish(producer, record("k", 1), record("k", 2), *bad, record("k", 3))
    for times in (1, 2):
        with pytest.raises(DlqLimitReached, match="UNDECODABLE"):
            await make().run()
        assert await commits() == 2
        assert len(await topics.read(kafka, topic_prefix + DLQ)) == 5 * times
    assert await rows.all() == {"k": (2, 2)}


async def test_a_transient_error_holds_its_partition_only_and_keeps_the_order(
    make: Make, kafka: str, topic_prefix: str, producer: Producer, create_topics: CreateTopics,
) -> None:  # fmt: skip
    await create_topics("two.v1", partitions=2)
    away = True
    taken: dict[int, list[int]] = {0: [], 1: []}

    async def take(event: Int64Value, meta: Meta) -> None:
        if away and meta.partition == 0 and event.value >= 3:
            raise Unavailable("the database is away")
        taken[meta.partition].append(event.value)

    await publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 201))
    async with running(make(take, topics=["two.v1"])):
        await until(lambda: true(len(taken[1]) == 200))
        assert taken[0] == [1, 2]
        away = False
        await until(lambda: true(len(taken[0]) == 200))
    assert taken == {0: list(range(1, 201)), 1: list(range(1, 201))}


async def test_a_bug_stops_its_partition_and_no_other_and_shows_in_the_check(
    make: Make, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics("two.v1", partitions=2)
    buggy = True
    taken: dict[int, list[int]] = {0: [], 1: []}

    async def take(event: Int64Value, meta: Meta) -> None:
        if buggy and meta.partition == 0 and event.value == 50:
            raise KeyError("a bug")
        taken[meta.partition].append(event.value)

    async def committed(partition: int) -> int | None:
        group, topic = topic_prefix + GROUP, topic_prefix + "two.v1"
        return await topics.committed(kafka, group, topic, partition)

    await publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 101))
    consumer = make(take, topics=["two.v1"])
    async with running(consumer):
        await until(lambda: equals(committed(1), 100))
        await until(lambda: equals(committed(0), 49))
        with pytest.raises(RuntimeError, match="stopped by an error in its handler"):
            await consumer.check()
        await publish_to_partitions(kafka, topic_prefix + "two.v1", range(101, 111))
        await until(lambda: equals(committed(1), 110))
    assert taken == {0: list(range(1, 50)), 1: list(range(1, 111))}
    buggy = False
    async with running(make(take, topics=["two.v1"])):
        await until(lambda: equals(committed(0), 110))
    assert taken[0] == list(range(1, 111))
