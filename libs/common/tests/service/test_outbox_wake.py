"""Who wakes the relay while it waits for the database is heard."""

from __future__ import annotations

import asyncio

import pytest
from common import outbox
from common.ids import new_id
from common.kafka_producer import Producer
from common.mongo import Database
from common.outbox import Relay
from common.outbox.published import Published
from common.testing.poll import until

from libs.common.tests.relaying import none_waits, running
from libs.common.tests.things import NAME, Things, published


class Interrupted(Published):
    """Something is written, and said, while what was published is being forgotten."""

    def __init__(self, database: Database, things: Things, relay: Relay) -> None:
        super().__init__(database)
        self.late = new_id()
        self.interrupted = asyncio.Event()
        self._things, self._relay = things, relay
        self._once = True

    async def forget(self) -> None:
        """See Published."""
        interrupt = self._once and bool(self)
        await super().forget()
        if interrupt:
            self._once = False
            await self._things.insert(self.late, 1)
            self._relay.wake()
            self.interrupted.set()


async def test_a_wake_while_published_events_are_forgotten_is_not_lost(
    things: Things, relay: Relay, kafka: str, topic_prefix: str
) -> None:
    """A was offered and published. The relay is told to look, and before it looks forgets A; just
    then B is written by somebody who wakes it. B must not wait for the
    sweep, which here comes in an hour."""
    assert await relay.drain() == 0
    interrupted = Interrupted(things.database, things, relay)
    relay._published = interrupted
    first = things.document(new_id(), 1)
    await things.collection.insert_one(first)
    relay.offer(NAME, [first])
    await relay._publish_waiting()
    async with running(relay):
        relay.wake()
        async with asyncio.timeout(60):
            await interrupted.interrupted.wait()  # before, nothing waits for a moment either
        await until(lambda: none_waits(things))
    assert await published(kafka, topic_prefix) == {
        str(first["_id"]): [1], str(interrupted.late): [1],
    }  # fmt: skip


async def test_who_says_where_something_was_written_makes_it_look_there_alone(
    things: Things, producer: Producer
) -> None:
    """And what was published elsewhere is not forgotten for it, but later and together."""
    await things.database.create_collections({"others": [outbox.INDEX]})
    others = things.database.collection("others", things.collection.network_id)
    relay = Relay(things.database, ["others", NAME], producer, "/test")
    assert await relay.drain() == 0
    offered = await things.insert(new_id(), 1)
    relay.offer(NAME, [offered])
    await things.insert(new_id(), 1)
    await others.insert_one(things.document(new_id(), 7))
    relay.wake("others")
    assert await relay._publish_waiting() == 2
    assert await things.waiting() == 2
    assert await others.count({"outbox_at": {"$exists": True}}) == 0
    relay.wake(NAME)
    assert await relay.drain() == 1
    assert await things.waiting() == 0


async def test_where_nobody_relays_nothing_is_woken(relay: Relay) -> None:
    with pytest.raises(ValueError, match="others is not relayed"):
        relay.wake("others")
