"""Two instances over one database: one order, nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
from common import kafka_producer
from common.errors import ConcurrentUpdate, RemoteError
from common.ids import new_id
from common.mongo import Database
from common.outbox import Relay
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from kith.messaging.events.v1 import messaging_events_pb2 as events
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo import INDEXES, Networks

from services.messaging.tests.builders import ADA, BEN
from services.messaging.tests.doors import Door, Issuer, a_row, opened
from services.messaging.tests.keys import FakeKeys
from services.messaging.tests.surroundings import ACTIVITY, DELIVERIES, MESSAGES, header, records_of

SENDERS, EACH = 50, 3


@pytest.fixture
async def doors(
    database: Database, issuer: Issuer, kafka: str, topic_prefix: str,
    create_topics: CreateTopics, master_keys: FakeKeys,
) -> AsyncIterator[list[Door]]:  # fmt: skip
    """Two instances, each with a relay of its own."""
    await database.create_collections(INDEXES)
    await create_topics(MESSAGES, ACTIVITY, DELIVERIES)
    async with AsyncExitStack() as stack:
        found, relays = [], []
        for number in range(2):
            producer = await stack.enter_async_context(
                kafka_producer.connect(kafka, f"test-{number}", topic_prefix)
            )
            relay = Relay(database, ["messages"], producer, source="/messaging")
            relays.append(asyncio.create_task(relay.run()))
            keys = ConversationKeys(database, master_keys)  # each its own, of the same master keys
            networks = Networks(database, keys, partial(relay.offer, "messages"), relay.room)
            found.append(await stack.enter_async_context(opened(networks, issuer)))
        yield found
        for task in relays:
            task.cancel()
        await asyncio.wait(relays)


async def patiently(door: Door, token: str, talk_id: str, client_id: str) -> pb.Message:
    """Send as a client does: again when told that others were faster."""
    while True:
        try:
            return await door.client.send(token, talk_id, client_id, f"said {client_id}")
        except RemoteError as error:
            if error.reason != ConcurrentUpdate.reason:
                raise


async def test_fifty_senders_over_two_instances_make_one_order(
    doors: list[Door], kafka: str, topic_prefix: str
) -> None:
    tokens = {ADA: await doors[0].join(ADA), BEN: await doors[0].join(BEN)}
    talk = await doors[0].client.open(tokens[ADA], BEN)

    async def chat(number: int) -> list[pb.Message]:
        sender = (ADA, BEN)[number % 2]
        door = doors[number // 2 % 2]
        return [
            await patiently(door, tokens[sender], talk.id, f"{number}-{turn}")
            for turn in range(EACH)
        ]

    chats = await asyncio.gather(*(chat(number) for number in range(SENDERS)))
    sent = sorted((one for chat in chats for one in chat), key=lambda one: one.sequence)
    count = SENDERS * EACH
    assert [one.sequence for one in sent] == list(range(1, count + 1))
    assert len({one.client_message_id for one in sent}) == count
    for door in doors:
        for token in tokens.values():
            assert await door.client.talk(token, talk.id) == sent
    told = await records_of(kafka, topic_prefix + MESSAGES, count)
    assert sorted(int(header(record, "ce_sequence")) for record in told) == list(
        range(1, count + 1)
    )
    by_place = {one.sequence: one.id for one in sent}
    for event in (events.MessageSent.FromString(record.value) for record in told):
        assert event.message_id == by_place[event.sequence]


async def test_the_same_message_sent_to_both_instances_at_once_is_one(doors: list[Door]) -> None:
    ada, _ = await doors[0].join(ADA), await doors[0].join(BEN)
    talk = await doors[0].client.open(ada, BEN)
    for round in range(10):
        both = await asyncio.gather(
            *(patiently(door, ada, talk.id, f"c{round}") for door in doors * 2)
        )
        assert len({one.id for one in both}) == 1
    assert [one.sequence for one in await doors[1].client.talk(ada, talk.id)] == list(range(1, 11))


async def test_a_conversation_opened_at_once_by_both_is_one(doors: list[Door]) -> None:
    ada, ben = await doors[0].join(ADA), await doors[1].join(BEN)
    for_ada, for_ben = await asyncio.gather(
        doors[0].client.open(ada, BEN), doors[1].client.open(ben, ADA)
    )
    assert for_ada == for_ben


async def test_the_same_history_sent_to_both_instances_at_once_is_stored_once(
    doors: list[Door],
) -> None:
    ada, _ = await doors[0].join(ADA), await doors[0].join(BEN)
    rows = [a_row(n, *((ADA, BEN) if n % 3 else (BEN, ADA))) for n in range(1, 41)]
    batches = [rows[start : start + 10] for start in range(0, 40, 10)]
    admin = doors[0].admin()

    async def bring_in(door: Door) -> tuple[int, int]:
        while True:
            try:
                return await door.client.bring_in(admin, *batches)
            except RemoteError as error:
                if error.reason != ConcurrentUpdate.reason:
                    raise

    await asyncio.gather(*(bring_in(door) for door in doors))
    talk = await doors[0].client.open(ada, BEN)
    assert [one.text for one in await doors[1].client.talk(ada, talk.id)] == [
        row.text for row in rows
    ]
    assert await bring_in(doors[1]) == (0, 40)


async def test_every_event_of_a_message_is_published_and_forgotten(
    doors: list[Door], database: Database, kafka: str, topic_prefix: str
) -> None:
    ada, ben = await doors[0].join(ADA), await doors[0].join(BEN)
    talk = await doors[0].client.open(ada, BEN)
    await doors[0].client.send(ada, talk.id)
    await doors[1].client.send(ben, talk.id, str(new_id()))
    assert len(await records_of(kafka, topic_prefix + ACTIVITY, 3)) == 3

    async def forgotten() -> bool:
        waits = {"outbox_at": {"$exists": True}}
        return await database.unscoped("messages").count_documents(waits) == 0

    await until(forgotten)
