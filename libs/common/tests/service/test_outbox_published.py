"""What the broker has is forgotten in the database a little later, and never too much of it."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from random import Random

import pytest
from common.ids import new_id
from common.outbox import PER_KEY, Relay
from common.outbox.documents import Part
from common.outbox.published import MOST_DOCUMENTS, Published
from common.testing.poll import until

from libs.common.tests.producers import Counting
from libs.common.tests.relaying import none_waits, running
from libs.common.tests.things import NAME, Things, published


async def test_what_is_published_may_wait_but_no_key_waits_more_than_a_crash_may_repeat(
    things: Things,
) -> None:
    """Documents of few and of many keys come in batches of all sizes: whatever is told that there
    is room, all that would be published again by a crash stays within the bounds."""
    random, waiting = Random(3), Published(things.database)
    held: Counter[str] = Counter()
    documents = forgotten = 0
    for _ in range(400):
        keys = [
            f"k{random.randint(0, random.choice((2, 500)))}" for _ in range(random.randint(1, 30))
        ]
        outboxes = [[{"id": new_id(), "key": key}] for key in keys]
        batch = [
            Part({"_id": new_id(), "outbox_at": new_id(), "outbox": outbox}, outbox, last=True)
            for outbox in outboxes
        ]
        if not waiting.has_room(batch):
            await waiting.forget()
            held.clear()
            documents, forgotten = 0, forgotten + 1
            assert not waiting
            assert waiting.has_room(batch)
        waiting.add(NAME, batch)
        held.update(keys)
        documents += len(batch)
        assert max(held.values()) <= PER_KEY
        assert documents <= MOST_DOCUMENTS
    assert forgotten > 10


async def test_several_rounds_are_forgotten_together(
    things: Things, kafka: str, topic_prefix: str, closing: AsyncExitStack
) -> None:
    producer = Counting(kafka, "test", topic_prefix)
    closing.push_async_callback(producer.close)
    relay = Relay(things.database, [NAME], producer, "/test")
    assert await relay.drain() == 0
    ids = [new_id() for _ in range(3)]
    for id in ids:
        document = things.document(id, 1)
        await things.collection.insert_one(document)
        relay.offer(NAME, [document])
        await relay._publish_waiting()
    assert producer.batches == 3
    assert await things.waiting() == 3
    assert await relay.drain() == 0
    assert await things.waiting() == 0
    assert await published(kafka, topic_prefix) == {str(id): [1] for id in ids}


@pytest.mark.parametrize("ends", ["in time", "by being stopped"])
async def test_a_running_relay_forgets_soon_and_when_it_is_stopped(
    things: Things, relay: Relay, ends: str
) -> None:
    document = things.document(new_id(), 1)
    async with running(relay):
        await until(lambda: none_waits(things))
        await things.collection.insert_one(document)
        relay.offer(NAME, [document])
        if ends == "in time":
            await until(lambda: none_waits(things))
        else:
            await relay.published()
    assert await things.waiting() == 0
