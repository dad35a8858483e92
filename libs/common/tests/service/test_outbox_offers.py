"""Documents handed to the relay by who wrote them: published without being read, and once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from common.ids import new_id
from common.outbox import Relay
from common.testing.poll import until

from libs.common.tests.producers import Crash, CrashesAfterPublishing
from libs.common.tests.relaying import none_waits, running
from libs.common.tests.things import NAME, Things, published


async def test_what_is_offered_is_published_once_also_when_the_relay_looks_meanwhile(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    """Documents are inserted and offered in batches while somebody else wakes the relay all the
    time, so that it finds in the database what is being offered: still no event comes twice."""
    key = new_id()
    async with running(relay):
        for start in range(0, 600, 5):
            batch = [things.document(new_id(), start + n, key=key) for n in range(5)]
            await things.collection.insert_many(batch)
            if start % 3 == 0:
                relay.wake()
                await asyncio.sleep(0)
            relay.offer(NAME, batch)
            if start % 4 == 0:
                relay.wake()
        await until(lambda: none_waits(things))
    assert await published(kafka, topic_prefix) == {str(key): list(range(600))}


async def test_what_was_offered_long_ago_is_looked_up_first(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    """An offer that waited too long may have been swept by another relay meanwhile."""
    assert await relay.drain() == 0
    id = new_id()
    document = things.document(id, 1)
    [entry] = document["outbox"]
    entry["id"] = UUID(int=entry["id"].int - (2 * 3_600_000 << 80))
    await things.collection.insert_one(document)
    assert await Relay(things.database, [NAME], relay._sender._producer, "/other").drain() == 1
    relay.offer(NAME, [document])
    assert await relay.drain() == 0
    assert await published(kafka, topic_prefix) == {str(id): [1]}


async def test_more_offers_than_can_be_held_are_found_in_the_database(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    assert await relay.drain() == 0
    documents = [things.document(new_id(), 1) for _ in range(20)]
    await things.collection.insert_many(documents)
    relay.offer(NAME, [documents[0]] * 5_000)
    relay.offer(NAME, documents[1:])
    assert await relay.drain() == 20
    assert sorted(await published(kafka, topic_prefix)) == sorted(
        str(document["_id"]) for document in documents
    )


async def test_who_writes_much_waits_until_the_relay_has_caught_up(
    things: Things, relay: Relay
) -> None:
    await relay.room()
    documents = [things.document(new_id(), 1) for _ in range(1_000)]
    relay.offer(NAME, documents)
    waiting = asyncio.create_task(relay.room())
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    await relay.drain()
    await waiting


async def test_who_writes_much_waits_while_the_relay_fails(
    things: Things, kafka: str, topic_prefix: str
) -> None:
    crashing = CrashesAfterPublishing(kafka, "test", topic_prefix)
    relay = Relay(things.database, [NAME], crashing, "/test")
    await things.insert(new_id(), 1)
    with pytest.raises(Crash):
        await relay.drain()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(relay.room(), 0.05)
    await crashing.close()


async def test_what_is_offered_for_a_collection_nobody_relays_is_a_mistake(
    things: Things, relay: Relay
) -> None:
    with pytest.raises(ValueError, match="others is not relayed"):
        relay.offer("others", [])
