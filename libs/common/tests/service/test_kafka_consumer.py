"""Consuming from a real broker: every record's effect once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from common import kafka_producer
from common.errors import Conflict, Invalid, Unavailable
from common.kafka_consumer import Consumer, DlqLimitReached, Handle, Meta
from common.kafka_producer import Producer, Record
from common.mongo import Database
from common.telemetry import Tracing, configure
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BoolValue, Int64Value, StringValue
from kith_cli.local.broker import LocalBroker

from libs.common.tests import topics
from libs.common.tests.rows import GROUP, TOPIC, Rows, publish, raw, record

ROOT = Path(__file__).parents[4]
DLQ = f"{GROUP}.dlq"
Make = Callable[..., Consumer]


@pytest.fixture
async def rows(database: Database, create_topics: CreateTopics) -> Rows:
    await create_topics(TOPIC, DLQ)
    return Rows(database)


@pytest.fixture
def make(kafka: str, topic_prefix: str, producer: Producer, rows: Rows) -> Make:
    """Makes a member of the group, whose handler writes rows unless another is given."""

    def build(handle: Handle = rows.take, **options: Any) -> Consumer:
        handlers: Mapping[type[Message], Handle] = {Int64Value: handle}
        defaults: dict[str, Any] = {
            "group": GROUP, "topics": [TOPIC], "handlers": handlers, "producer": producer,
            "tracing": Tracing(None), "topic_prefix": topic_prefix,
        }  # fmt: skip
        return Consumer(kafka, **(defaults | options))

    return build


@pytest.fixture
def commits(kafka: str, topic_prefix: str) -> Callable[..., Awaitable[int | None]]:
    """What the group has committed."""

    async def committed(partition: int = 0) -> int | None:
        return await topics.committed(kafka, topic_prefix + GROUP, topic_prefix + TOPIC, partition)

    return committed


@asynccontextmanager
async def running(*consumers: Consumer) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Consumers at work; then they drain."""
    tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ready(consumer: Consumer) -> bool:
    """Whether the consumer calls itself ready."""
    return not await _problem(consumer)


async def test_every_record_is_taken_and_committed(
    make: Make, rows: Rows, producer: Producer, commits: Callable[..., Awaitable[int | None]]
) -> None:
    await publish(producer, *(record(f"k{n % 7}", n) for n in range(1, 36)))
    consumer = make()
    with pytest.raises(RuntimeError, match="not in the consumer group yet"):
        await consumer.check()
    async with running(consumer):
        await until(lambda: _equals(commits(), 35))
        await consumer.check()
    assert await rows.all() == {f"k{n}": (28 + n if n else 35, 5) for n in range(7)}
    async with running(make()):
        await publish(producer, record("k0", 36))
        await until(lambda: _equals(commits(), 36))
    assert sum(rows.calls.values()) == 36


async def test_what_comes_twice_or_late_changes_nothing(
    make: Make, rows: Rows, producer: Producer, commits: Callable[..., Awaitable[int | None]]
) -> None:
    first, second, third = (record("k", number) for number in (1, 2, 3))
    await publish(producer, first, first, third, second, first, third)
    async with running(make()):
        await until(lambda: _equals(commits(), 6))
    assert rows.calls["k"] == 6
    assert await rows.all() == {"k": (3, 2)}


async def test_poison_is_set_aside_with_its_reason_and_the_rest_goes_on(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Callable[..., Awaitable[int | None]],
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
        await until(lambda: _equals(commits(), 6))
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
    commits: Callable[..., Awaitable[int | None]],
) -> None:  # fmt: skip
    await publish(producer, Record(TOPIC, "k", None, record("k", 1).headers))  # type: ignore[arg-type]  # a tombstone
    async with running(make()):
        await until(lambda: _equals(commits(), 1))
    assert len(await topics.read(kafka, topic_prefix + DLQ)) == 1


async def test_the_dead_letter_tells_how_often_it_was_tried(
    make: Make, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    tries = iter([Unavailable("away"), Conflict("changed"), Invalid("after all")])

    async def take(event: Int64Value, meta: Meta) -> None:
        raise next(tries)

    await publish(producer, record("k", 1))
    async with running(make(take)):
        await until(lambda: _count(kafka, topic_prefix + DLQ, 1))
    (letter,) = await topics.read(kafka, topic_prefix + DLQ)
    assert topics.header(letter, "error_attempts") == "3"


async def test_more_than_five_dead_letters_in_a_row_stop_the_consumer_before_them(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Callable[..., Awaitable[int | None]],
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

    await _publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 201))
    async with running(make(take, topics=["two.v1"])):
        await until(lambda: _true(len(taken[1]) == 200))
        assert taken[0] == [1, 2]
        away = False
        await until(lambda: _true(len(taken[0]) == 200))
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

    await _publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 101))
    consumer = make(take, topics=["two.v1"])
    async with running(consumer):
        await until(lambda: _equals(committed(1), 100))
        await until(lambda: _equals(committed(0), 49))
        with pytest.raises(RuntimeError, match="stopped by an error in its handler"):
            await consumer.check()
        await _publish_to_partitions(kafka, topic_prefix + "two.v1", range(101, 111))
        await until(lambda: _equals(committed(1), 110))
    assert taken == {0: list(range(1, 50)), 1: list(range(1, 111))}
    buggy = False
    async with running(make(take, topics=["two.v1"])):
        await until(lambda: _equals(committed(0), 110))
    assert taken[0] == list(range(1, 111))


async def test_an_event_nobody_handles_is_skipped(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Callable[..., Awaitable[int | None]],
) -> None:  # fmt: skip
    await publish(producer, record("k", 1), record("k", 2, BoolValue()), record("k", 3))
    async with running(make()):
        await until(lambda: _equals(commits(), 3))
    assert await rows.all() == {"k": (3, 2)}
    assert await topics.read(kafka, topic_prefix + DLQ) == []


async def test_each_type_has_its_own_handler(
    make: Make, producer: Producer, commits: Callable[..., Awaitable[int | None]]
) -> None:
    taken: list[object] = []

    async def number(event: Int64Value, meta: Meta) -> None:
        taken.append(event.value)

    async def text(event: StringValue, meta: Meta) -> None:
        taken.append((event.value, meta.type, meta.sequence))

    await publish(producer, record("k", 1), record("k", 2, StringValue(value="x")))
    async with running(make(handlers={Int64Value: number, StringValue: text})):
        await until(lambda: _equals(commits(), 2))
    assert taken == [1, ("x", "google.protobuf.StringValue", 2)]


async def test_a_process_killed_between_effect_and_commit_repeats_the_record_and_not_the_effect(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str, mongodb_uri: str,
    unique: str, tmp_path: Path, commits: Callable[..., Awaitable[int | None]],
) -> None:  # fmt: skip
    await publish(producer, record("k", 1))
    marker = tmp_path / "effect"
    arguments = [kafka, mongodb_uri, f"kith_{unique}", topic_prefix, str(marker)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "libs.common.tests.counting_process", *arguments, cwd=ROOT
    )
    await until(lambda: _true(marker.exists()), seconds=30)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await rows.all() == {"k": (1, 1)}
    assert await commits() is None
    async with running(make()):
        await publish(producer, record("k", 2))
        await until(lambda: _equals(commits(), 2), seconds=40)
    assert rows.calls["k"] == 2
    assert await rows.all() == {"k": (2, 2)}


async def test_at_the_end_the_record_in_hand_is_finished_and_committed_and_no_other_begun(
    make: Make, producer: Producer, commits: Callable[..., Awaitable[int | None]]
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
            await until(lambda: _true(sum(map(len, taken.values())) >= 24 * 40))
    assert taken == {key: list(range(1, 41)) for key in taken}
    assert len(takers) > 1


async def test_partitions_are_given_up_between_two_records_and_not_after_a_whole_batch(
    make: Make, kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics("two.v1", partitions=2)
    await _publish_to_partitions(kafka, topic_prefix + "two.v1", range(1, 51))
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
            await until(lambda: _true(len(first._given_up or ()) == 2))
            release.set()
            await until(lambda: _true(sum(map(len, taken.values())) == 100))
    assert len(taken["second"]) >= 49
    assert len({*taken["first"], *taken["second"]}) == 100


async def test_from_now_skips_what_was_there_and_misses_nothing_after(
    make: Make, rows: Rows, producer: Producer
) -> None:
    await publish(producer, record("old", 1))
    consumer = make(from_now=True)
    async with running(consumer):
        await until(lambda: ready(consumer))
        await publish(producer, record("new", 2))
        await until(lambda: _equals(rows.all(), {"new": (2, 1)}))


async def test_from_now_means_the_same_now_after_joining_again(
    make: Make, producer: Producer, commits: Callable[..., Awaitable[int | None]]
) -> None:
    taken: list[int] = []
    failures = iter([ConnectionError("away"), ConnectionError("away")])

    async def take(event: Int64Value, meta: Meta) -> None:
        taken.append(event.value)

    async def flush() -> None:
        for failure in failures:
            raise failure

    await publish(producer, record("old", 1))
    consumer = make(take, from_now=True, flush=flush)
    async with running(consumer):
        await until(lambda: ready(consumer))
        await publish(producer, record("new", 2))
        await until(lambda: _equals(commits(), 2))
    assert taken == [2, 2, 2]


async def test_what_is_noted_is_done_before_it_is_committed_and_again_if_that_failed(
    make: Make, producer: Producer, commits: Callable[..., Awaitable[int | None]]
) -> None:
    noted: list[int] = []
    done: list[int] = []
    broken = True

    async def take(event: Int64Value, meta: Meta) -> None:
        noted.append(event.value)

    async def flush() -> None:
        batch = noted.copy()
        noted.clear()
        if broken and 3 in batch:
            raise ConnectionError("the database is away")
        done.extend(batch)

    await publish(producer, *(record("k", n) for n in range(1, 6)))
    consumer = make(take, flush=flush)
    async with running(consumer):
        await until(lambda: _equals(_problem(consumer), "what is taken cannot be done"))
        assert await commits() is None
        broken = False
        await until(lambda: _equals(commits(), 5))
        await consumer.check()
    assert done == [1, 2, 3, 4, 5]


async def test_the_trace_goes_on_in_the_consumer(
    make: Make, producer: Producer, tmp_path: Path,
    commits: Callable[..., Awaitable[int | None]],
) -> None:  # fmt: skip
    traceparent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    tracing = configure("test", f"file:{tmp_path / 'spans'}")
    await publish(producer, record("k", 1, traceparent=traceparent))
    async with running(make(tracing=tracing)):
        await until(lambda: _equals(commits(), 1))
    tracing.close()
    span = json.loads((tmp_path / "spans").read_text())
    assert span["name"] == f"{GROUP} google.protobuf.Int64Value"
    assert span["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
    assert span["parent_id"] == "0xb7ad6b7169203331"
    assert span["kind"] == "SpanKind.CONSUMER"


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
            await until(lambda: _equals(rows.all(), {"k": (1, 1)}))
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await publish(producer, record("k", 2))
            await until(lambda: _equals(rows.all(), {"k": (2, 2)}), seconds=40)
            # it can also be stopped while the broker is away
            await asyncio.to_thread(broker.kill)


async def _publish_to_partitions(kafka: str, topic: str, numbers: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in numbers:
            made = record("k", number)
            for partition in (0, 1):
                await producer.send(topic, made.value, b"k", partition, headers=list(made.headers))


async def _equals(asked: Awaitable[object], expected: object) -> bool:
    return await asked == expected


async def _true(value: bool) -> bool:
    return value


async def _problem(consumer: Consumer) -> str:
    try:
        await consumer.check()
    except RuntimeError as error:
        return str(error)
    return ""


async def _count(kafka: str, topic: str, expected: int) -> bool:
    return len(await topics.read(kafka, topic)) == expected
