"""Several relays over one database, one for each instance of a service: each event once, nothing
left behind, nothing stale."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import chain
from uuid import UUID

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from common import outbox
from common.ids import new_id
from common.kafka_producer import Producer
from common.outbox import Relay
from common.outbox.turns import GRACE_SECONDS, Turns
from common.testing.poll import until

from libs.common.tests.producers import Away, Interrupted, Paused
from libs.common.tests.relaying import AN_HOUR, none_waits, running
from libs.common.tests.things import NAME, Things, event, published

A, B, C = 1, 2, 3
SHORT = 0.9
Make = Callable[..., Relay]


@pytest.fixture
def make(things: Things, producer: Producer) -> Make:
    """Makes the relay of an instance, `well`: as if it had been at work for long."""

    def build(
        tag: int, grace: float = GRACE_SECONDS, by: Producer = producer, *, well: bool = True
    ) -> Relay:
        began = time.monotonic() - (2 * GRACE_SECONDS if well else 0)
        ticks = chain([began], iter(time.monotonic, None))
        turns = Turns(tag, grace, lambda: next(ticks))
        return Relay(things.database, [NAME], by, "/test", turns)

    return build


@pytest.fixture
async def paused(kafka: str, topic_prefix: str) -> AsyncIterator[Paused]:
    made = Paused(kafka, "paused", topic_prefix)
    yield made
    await made.close()


def of(things: Things, tag: int) -> Things:
    """As an instance writes them."""
    return Things(things.database, tag)


async def long_ago(things: Things, minutes: int = 10) -> None:
    """Let everything have waited for some minutes."""
    raw = things.database.unscoped(NAME)
    for one in await raw.find({"outbox_at": {"$exists": True}}).to_list(None):
        before = {
            "outbox_at": earlier(one["outbox_at"], minutes * 60_000),
            "outbox.0.id": earlier(one["outbox"][0]["id"], minutes * 60_000),
        }
        await raw.update_one({"_id": one["_id"]}, {"$set": before})


def earlier(id: UUID, millis: int) -> UUID:
    """The id, as if it had been made so much earlier."""
    return UUID(int=id.int - (millis << 80))


async def push_by_a_slow_clock(things: Things, id: UUID, number: int) -> None:
    """Add an event, by a clock that is a second behind all others'."""
    update = outbox.push([event(id, number)], {"n": number}, things.tag)
    update["$min"]["outbox_at"] = earlier(update["$min"]["outbox_at"], 1_000)
    assert await things.collection.update_one({"_id": id}, update)


async def test_two_that_are_woken_all_the_time_publish_each_event_once(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """Both insert and offer, change what the other just inserted, and wake their relays at once:
    what one has offered, or published a moment ago, the other finds in the database all the time.
    """
    instances = [(of(things, A), make(A, AN_HOUR)), (of(things, B), make(B, AN_HOUR))]
    keys = [new_id(), new_id()]

    async def write(number: int) -> None:
        (mine, relay), (theirs, far), key = instances[number], instances[1 - number], keys[number]
        for start in range(0, 300, 5):
            batch = [mine.document(new_id(), start + n, key=key) for n in range(5)]
            await mine.collection.insert_many(batch)
            relay.offer(NAME, batch)
            other = new_id()
            await mine.insert(other, 1)
            relay.wake()
            assert await theirs.push(other, 2)
            far.wake()

    async with running(*(relay for _, relay in instances)):
        await asyncio.gather(write(0), write(1))
        await until(lambda: none_waits(things))
    log = await published(kafka, topic_prefix)
    assert [log.pop(str(key)) for key in keys] == [list(range(300))] * 2
    assert len(log) == 120
    assert all(numbers == [1, 2] for numbers in log.values())


async def test_an_instance_that_starts_again_finds_at_once_what_it_left(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    ids = [new_id() for _ in range(250)]
    for id in ids[:200]:
        await of(things, A).insert(id, 1)
    await long_ago(things)
    for id in ids[200:]:
        await of(things, A).insert(id, 1)
    assert await make(B, well=False).drain() == 0
    assert await make(A, well=False).drain() == 250
    assert await things.waiting() == 0
    assert await published(kafka, topic_prefix) == {str(id): [1] for id in ids}


async def test_what_an_instance_left_that_does_not_come_back_is_published_by_one_other(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """Two others want all of it at the same time, and one that has only just started none of it."""
    ids = [new_id() for _ in range(250)]
    for id in ids:
        await of(things, A).insert(id, 1)
    assert await make(B).drain() == 0
    await long_ago(things)
    assert await make(B, well=False).drain() == 0
    async with running(make(B), make(C)):
        await until(lambda: none_waits(things))
    assert await published(kafka, topic_prefix) == {str(id): [1] for id in ids}


async def test_who_cannot_reach_the_broker_takes_nothing_from_others(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """An instance that had nothing to publish does not know that the broker is away."""
    id = new_id()
    await of(things, A).insert(id, 1)
    await long_ago(things)
    with pytest.raises(KafkaConnectionError):
        await make(B, by=Away(kafka, "test", topic_prefix)).drain()
    assert await make(A, well=False).drain() == 1
    assert await published(kafka, topic_prefix) == {str(id): [1]}


async def test_more_than_is_read_together_of_others_hides_nothing(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    theirs = of(things, A)
    await things.collection.insert_many([theirs.document(new_id(), 1) for _ in range(1_001)])
    id = new_id()
    await of(things, B).insert(id, 1)
    assert await make(B).drain() == 1
    assert await published(kafka, topic_prefix) == {str(id): [1]}


@pytest.mark.parametrize("offered", [False, True])
async def test_one_that_stood_still_for_longer_than_the_grace_publishes_nothing_of_before(
    things: Things, make: Make, kafka: str, topic_prefix: str, paused: Paused, offered: bool
) -> None:
    """A reads, or was offered, a document and stands still; B publishes it, and hundreds of the
    same key after it; then A goes on."""
    key, late = new_id(), make(A, SHORT, paused)
    if offered:
        paused.go_on.set()
        assert await late.drain() == 0
        paused.go_on.clear()
    document = await of(things, A).insert(new_id(), 0, key=key)
    if offered:
        late.offer(NAME, [document])
    held = asyncio.create_task(late.drain())
    await until(lambda: _reached(paused))
    relay = make(B, SHORT)
    async with running(relay):
        await until(lambda: none_waits(things))
        for number in range(1, 201):
            await of(things, B).insert(new_id(), number, key=key)
        relay.wake()
        await until(lambda: none_waits(things))
    paused.go_on.set()
    with pytest.raises(KafkaTimeoutError):
        await held
    assert await late.drain() == 0
    assert await published(kafka, topic_prefix) == {str(key): list(range(201))}


async def test_one_that_stood_still_before_it_looked_further_drops_what_it_held(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    late, id = make(A, SHORT), new_id()
    assert await late.drain() == 0
    late.offer(NAME, [await of(things, A).insert(id, 1)])
    async with running(make(B, SHORT)):
        await until(lambda: none_waits(things))
    assert await late.drain() == 0
    assert await published(kafka, topic_prefix) == {str(id): [1]}


async def test_what_is_added_before_the_other_reads_is_published_by_it(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """Also if the clock of who adds says that it was before."""
    id = new_id()
    await of(things, A).insert(id, 1)
    await push_by_a_slow_clock(of(things, B), id, 2)
    assert await make(B).drain() == 0
    assert await make(A).drain() == 2
    assert await published(kafka, topic_prefix) == {str(id): [1, 2]}


@pytest.mark.parametrize("offered", [False, True])
async def test_what_is_added_while_the_other_publishes_goes_out_promptly(
    things: Things, make: Make, kafka: str, topic_prefix: str, closing: AsyncExitStack,
    offered: bool,
) -> None:  # fmt: skip
    """B adds to a document that A has read and not cleared. B's relay, woken, leaves it to A; and
    nobody wakes A, whose sweep would find it after a minute."""
    producer = Interrupted(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    id, mine, other = new_id(), make(A, GRACE_SECONDS, producer), make(B)
    assert await mine.drain() == 0
    document = await of(things, A).insert(id, 1)

    async def meanwhile() -> None:
        await push_by_a_slow_clock(of(things, B), id, 2)
        assert await other.drain() == 0

    producer.meanwhile = meanwhile
    if offered:
        mine.offer(NAME, [document])
    else:
        mine.wake()
    async with running(mine):
        await until(lambda: none_waits(things), seconds=30)
    assert await published(kafka, topic_prefix) == {str(id): [1, 2]}


async def test_what_is_added_after_the_other_cleared_is_published_by_who_added(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    id = new_id()
    await of(things, A).insert(id, 1)
    assert await make(A).drain() == 1
    assert await of(things, B).push(id, 2)
    assert await make(A).drain() == 0
    assert await make(B).drain() == 1
    assert await published(kafka, topic_prefix) == {str(id): [1, 2]}


async def test_who_waits_for_publication_waits_for_what_another_is_to_publish(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """A grant of consent, added at B to an account that still waits for A to tell of it."""
    id, mine = new_id(), make(B)
    await of(things, A).insert(id, 1)
    assert await of(things, B).push(id, 2)
    async with running(mine):
        waiting = asyncio.create_task(mine.published())
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        assert await make(A).drain() == 2
        await waiting
    assert await published(kafka, topic_prefix) == {str(id): [1, 2]}


async def test_one_that_is_stopped_publishes_what_is_in_hand(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """Else a roll-out would keep events back for the whole grace."""
    offered, woken, mine, relay = new_id(), new_id(), of(things, A), make(A)
    async with running(relay):
        await relay.published()
        document = await mine.insert(offered, 1)
        relay.offer(NAME, [document])
        await mine.insert(woken, 1)
        relay.wake()
    assert await things.waiting() == 0
    log = await published(kafka, topic_prefix)
    assert log == {str(offered): [1], str(woken): [1]}


async def test_of_two_with_one_tag_nothing_is_lost(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    mine, relays = of(things, A), [make(A), make(A)]
    ids = [new_id() for _ in range(40)]
    async with running(*relays):
        for number, id in enumerate(ids):
            await mine.insert(id, 1)
            relays[number % 2].wake()
        await until(lambda: none_waits(things))
    log = await published(kafka, topic_prefix)
    assert set(log) == {str(id) for id in ids}


async def _reached(paused: Paused) -> bool:
    return paused.reached.is_set()


async def test_one_that_stood_still_publishes_what_it_was_offered_before_once(
    things: Things, make: Make, kafka: str, topic_prefix: str
) -> None:
    """A laptop that was closed for a night: what was offered is as old as what is swept."""
    relay, id = make(A), new_id()
    await of(things, A).insert(id, 1)
    await long_ago(things)
    relay.offer(NAME, await things.database.unscoped(NAME).find().to_list(None))
    assert await relay.drain() == 1
    assert await published(kafka, topic_prefix) == {str(id): [1]}
