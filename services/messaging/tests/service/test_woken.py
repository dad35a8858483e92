"""Whatever is written is published because the relay is told of it, in the right collection: here
it would find by itself only what waits for an hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from common.grpc_client import call
from common.kafka_producer import Producer
from common.mongo import Database
from common.outbox import Relay
from common.outbox.turns import Turns
from common.testing.pytest_plugin import CreateTopics
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import seat_service_pb2 as seats
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo import INDEXES, Networks
from messaging.adapters.mongo_blocks import COLLECTION as BLOCKS
from messaging.adapters.mongo_imports import COLLECTION as IMPORTS
from messaging.adapters.mongo_marks import MARKS
from messaging.adapters.mongo_reports import REPORTS
from messaging.adapters.mongo_seats import COLLECTION as SEATS
from messaging.wiring import NAME, RELAYS

from libs.common.tests.relaying import AN_HOUR
from services.messaging.tests.asking import PATIENCE
from services.messaging.tests.builders import ADA
from services.messaging.tests.doors import Door, a_row
from services.messaging.tests.surroundings import (
    ACTIVITY,
    BLOCKED,
    CHANGES,
    DELIVERIES,
    MESSAGES,
    REPORTED,
)

Write = Callable[[Door, str, pb.Message], Awaitable[object]]
"""What Ben does, with his token, where he has sent a message to Ada."""


@pytest.fixture
async def relay(database: Database, producer: Producer, create_topics: CreateTopics) -> Relay:
    """Of the service, and never at work by itself."""
    await create_topics(ACTIVITY, BLOCKED, CHANGES, DELIVERIES, MESSAGES, REPORTED)
    await database.create_collections(INDEXES)
    return Relay(database, RELAYS, producer, f"/{NAME}", Turns(grace=AN_HOUR))


@pytest.fixture
def networks(database: Database, keys: ConversationKeys, relay: Relay) -> Networks:
    """The real networks, which tell the relay."""
    return Networks(database, keys, partial(relay.offer, "messages"), relay.room, relay.wake)


async def send(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.send(ben, sent.conversation_id)


async def edit(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.edit(ben, sent.conversation_id, sent.id, "other words")


async def react(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.react(ben, sent.conversation_id, sent.id, pb.REACTION_KIND_HUG)


async def mute(door: Door, ben: str, sent: pb.Message) -> None:
    request = seats.MuteConversationRequest(conversation_id=sent.conversation_id)
    await call(door.client.seats.MuteConversation, request, token=ben, seconds=PATIENCE)


async def block(door: Door, ben: str, sent: pb.Message) -> None:
    request = contacts.BlockMemberRequest(member_id=str(ADA))
    await call(door.client.contacts.BlockMember, request, token=ben, seconds=PATIENCE)


async def read(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.move(ben, sent.conversation_id, read=1)


async def report(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.report(ben, sent.conversation_id)


async def bring_in(door: Door, ben: str, sent: pb.Message) -> None:
    await door.client.bring_in(door.admin(), [a_row(1)])


WRITES: list[tuple[str, Write]] = [
    ("messages", send), ("messages", edit), ("messages", react), (SEATS, mute), (BLOCKS, block),
    (MARKS, read), (REPORTS, report), (IMPORTS, bring_in),
]  # fmt: skip


def test_there_is_one_for_every_collection_that_is_relayed() -> None:
    assert {name for name, _ in WRITES} == {*RELAYS}


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name, write", WRITES, ids=[write.__name__ for _, write in WRITES])
async def test_what_is_written_is_told_to_the_relay(
    door: Door, ben: str, relay: Relay, database: Database, name: str, write: Write
) -> None:
    talk = await door.client.open(ben, ADA)
    sent = await door.client.send(ben, talk.id)
    await relay.drain()
    assert await waiting(database) == {}
    await write(door, ben, sent)
    assert name in await waiting(database)
    assert await relay.drain() > 0
    assert await waiting(database) == {}


async def waiting(database: Database) -> dict[str, int]:
    """How many documents have something to be published, where there are any."""
    found = {
        name: await database.unscoped(name).count_documents({"outbox_at": {"$exists": True}})
        for name in RELAYS
    }
    return {name: count for name, count in found.items() if count}
