"""Consuming from a real broker: each record in its turn, committed after its effect."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from common.kafka_consumer import Meta
from common.kafka_consumer.dead_letters import IN_ROW
from common.kafka_producer import Producer
from common.telemetry import configure
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import BoolValue, Int64Value, StringValue
from prometheus_client import REGISTRY

from libs.common.tests import topics
from libs.common.tests.consuming import (
    DLQ,
    Commits,
    Make,
    among,
    equals,
    problem,
    publish_as_of,
    ready,
    running,
)
from libs.common.tests.rows import GROUP, Rows, publish, record
from libs.common.tests.things import TOPIC


async def test_every_record_is_taken_and_committed(
    make: Make, rows: Rows, producer: Producer, commits: Commits
) -> None:
    await publish(producer, *(record(f"k{n % 7}", n) for n in range(1, 36)))
    consumer = make()
    with pytest.raises(RuntimeError, match="not in the consumer group yet"):
        await consumer.check()
    async with running(consumer):
        await until(lambda: equals(commits(), 35))
        await consumer.check()
    assert await rows.all() == {f"k{n}": (28 + n if n else 35, 5) for n in range(7)}
    async with running(make()):
        await publish(producer, record("k0", 36))
        await until(lambda: equals(commits(), 36))
    assert sum(rows.calls.values()) == 36


async def test_what_comes_twice_or_late_changes_nothing(
    make: Make, rows: Rows, producer: Producer, commits: Commits
) -> None:
    first, second, third = (record("k", number) for number in (1, 2, 3))
    await publish(producer, first, first, third, second, first, third)
    async with running(make()):
        await until(lambda: equals(commits(), 6))
    assert rows.calls["k"] == 6
    assert await rows.all() == {"k": (3, 2)}


async def test_an_event_nobody_handles_is_skipped(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str,
    commits: Commits,
) -> None:  # fmt: skip
    await publish(producer, record("k", 1), record("k", 2, BoolValue()), record("k", 3))
    async with running(make()):
        await until(lambda: equals(commits(), 3))
    assert await rows.all() == {"k": (3, 2)}
    assert await topics.read(kafka, topic_prefix + DLQ) == []


async def test_each_type_has_its_own_handler(
    make: Make, producer: Producer, commits: Commits
) -> None:
    taken: list[object] = []

    async def number(event: Int64Value, meta: Meta) -> None:
        taken.append(event.value)

    async def text(event: StringValue, meta: Meta) -> None:
        taken.append((event.value, meta.type, meta.sequence))

    await publish(producer, record("k", 1), record("k", 2, StringValue(value="x")))
    async with running(make(handlers={Int64Value: number, StringValue: text})):
        await until(lambda: equals(commits(), 2))
    assert taken == [1, ("x", "google.protobuf.StringValue", 2)]


async def test_from_now_skips_what_was_there_and_misses_nothing_after(
    make: Make, rows: Rows, producer: Producer
) -> None:
    await publish(producer, record("old", 1))
    consumer = make(back=0)
    async with running(consumer):
        await until(lambda: ready(consumer))
        await publish(producer, record("new", 2))
        await until(lambda: equals(rows.all(), {"new": (2, 1)}))


async def test_from_now_means_the_same_now_after_joining_again(
    make: Make, producer: Producer, commits: Commits
) -> None:
    taken: list[int] = []
    failures = iter([ConnectionError("away"), ConnectionError("away")])

    async def take(event: Int64Value, meta: Meta) -> None:
        taken.append(event.value)

    async def flush() -> None:
        for failure in failures:
            raise failure

    await publish(producer, record("old", 1))
    consumer = make(take, back=0, flush=flush)
    async with running(consumer):
        await until(lambda: ready(consumer))
        await publish(producer, record("new", 2))
        await until(lambda: equals(commits(), 2))
    assert taken == [2, 2, 2]


async def test_going_back_begins_with_what_is_not_older(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    """Also after joining again: what was behind it then is not read a second time from there."""
    await publish_as_of(kafka, topic_prefix + TOPIC, record("old", 1), seconds_ago=3_600)
    await publish_as_of(kafka, topic_prefix + TOPIC, record("late", 2), seconds_ago=60)
    async with running(make(back=600)):
        await publish(producer, record("new", 3))
        await until(lambda: equals(rows.all(), {"late": (2, 1), "new": (3, 1)}))
    async with running(make(back=600)):
        await publish(producer, record("newer", 4))
        await until(lambda: equals(rows.all(), {"late": (2, 1), "new": (3, 1), "newer": (4, 1)}))
    assert rows.calls == {"late": 1, "new": 1, "newer": 1}


async def test_going_back_takes_nothing_where_all_there_is_is_older(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    for number in (1, 2, 3):
        made = record(f"old-{number}", number)
        await publish_as_of(kafka, topic_prefix + TOPIC, made, seconds_ago=3_600)
    consumer = make(back=600)
    async with running(consumer):
        await until(lambda: ready(consumer))  # has taken what there was for it
        await publish(producer, record("new", 4))
        await until(lambda: among(rows.calls, "new"))
    assert rows.calls == {"new": 1}


async def test_each_that_is_alone_takes_all_and_is_counted_with_the_others(
    make: Make, rows: Rows, producer: Producer
) -> None:
    """An id in a label would be a new series with each start."""
    ones = [make(back=600, alone=True) for _ in range(2)]
    async with running(*ones):
        await publish(producer, record("k", 1))
        await until(lambda: equals(times(rows, "k"), 2))
        assert {name for name in groups() if name.startswith(GROUP)} == {GROUP}


async def times(rows: Rows, key: str) -> int:
    return rows.calls[key]


def groups() -> set[str]:
    """Those that metrics name."""
    samples = (one for metric in REGISTRY.collect() for one in metric.samples)
    return {
        one.labels["group"] for one in samples
        if one.name in {"kith_consumer_records_total", "kith_consumer_stopped_partitions"}
    }  # fmt: skip


async def test_it_is_ready_when_it_has_read_what_happened_before(
    make: Make, rows: Rows, producer: Producer, kafka: str, topic_prefix: str
) -> None:
    """Also if that takes a while: here until the handler is let go on."""
    await publish_as_of(kafka, topic_prefix + TOPIC, record("before", 1), seconds_ago=60)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(event: Int64Value, meta: Meta) -> None:
        reached.set()
        await go_on.wait()
        await rows.take(event, meta)

    consumer = make(slow, back=600)
    async with running(consumer):
        await asyncio.wait_for(reached.wait(), 60)
        await until(lambda: equals(problem(consumer), "has not read yet what happened before"))
        go_on.set()
        await until(lambda: ready(consumer))
        assert await rows.all() == {"before": (1, 1)}


async def test_who_begins_at_a_place_in_time_passes_over_what_it_cannot_read(
    make: Make, rows: Rows, producer: Producer
) -> None:
    """It would only come to the same records again."""
    bad = [record("k", number, ce_type=b"") for number in range(IN_ROW + 2)]
    await publish(producer, *bad, record("good", 1))
    consumer = make(back=600)
    async with running(consumer):
        await until(lambda: equals(rows.all(), {"good": (1, 1)}))
        await until(lambda: ready(consumer))


async def test_what_is_noted_is_done_before_it_is_committed_and_again_if_that_failed(
    make: Make, producer: Producer, commits: Commits
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
        await until(lambda: equals(problem(consumer), "what is taken cannot be done"))
        assert await commits() is None
        broken = False
        await until(lambda: equals(commits(), 5))
        await consumer.check()
    assert done == [1, 2, 3, 4, 5]


async def test_the_trace_goes_on_in_the_consumer(
    make: Make, producer: Producer, tmp_path: Path,
    commits: Commits,
) -> None:  # fmt: skip
    traceparent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    tracing = configure("test", f"file:{tmp_path / 'spans'}")
    await publish(producer, record("k", 1, traceparent=traceparent))
    async with running(make(tracing=tracing)):
        await until(lambda: equals(commits(), 1))
    tracing.close()
    span = json.loads((tmp_path / "spans").read_text())
    assert span["name"] == f"{GROUP} google.protobuf.Int64Value"
    assert span["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
    assert span["parent_id"] == "0xb7ad6b7169203331"
    assert span["kind"] == "SpanKind.CONSUMER"
