"""A room that cannot be written stops nobody who is told of later on the same partition."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Unavailable
from common.ids import named_id, new_id
from common.kafka_consumer import Meta
from common.mongo import Database
from erasure.marks import Marks
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.events.v1.tie_events_pb2 import CircleJoined
from kith.identity.events.v1.identity_events_pb2 import AccountCreated
from messaging.adapters.conversation_keys import DESTROYED
from messaging.adapters.mongo import Networks
from messaging.application.ports_sides import Place, Tie
from messaging.application.rooms import create_room
from messaging.entrypoints import consumers, ties

from libs.erasure.tests.keys import KEY
from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW, a_writing

META = Meta(ties.TOPICS[0], 0, 0, "", "", "", 1, None)
AT = Timestamp(seconds=round(NOW.timestamp()))


@pytest.fixture
async def circles(networks: Networks) -> list[UUID]:
    """Three circles of Ada's, with their rooms."""
    await networks.members(NETWORK).add(ADA)
    writing, found = a_writing(networks.of(NETWORK)), sorted(new_id() for _ in range(3))
    for circle in found:
        await writing.network.sides.ties.take_place(Place(circle, ADA), Tie(True, NOW, 1))
        await create_room(writing, caller=ADA, circle_id=circle, at=NOW)
    return found


async def change_room(database: Database, circle: UUID, update: dict[str, object]) -> None:
    wanted = {"_id": named_id(NETWORK, "room", circle)}
    assert await database.collection("conversations", NETWORK).update_one(wanted, update)


async def members(networks: Networks, circle: UUID) -> tuple[UUID, ...]:
    networks.forget(NETWORK)
    room = await networks.of(NETWORK).conversations.get(named_id(NETWORK, "room", circle))
    assert room is not None
    return room.member_ids


DAMAGES: list[dict[str, object]] = [
    {"$set": {"wrapped_key": b"?"}},
    {"$unset": {"wrapped_key": ""}, "$set": {"key_id": DESTROYED}},
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["damaged", "destroyed"])
async def test_whoever_comes_into_circles_comes_into_the_rooms_that_can_be_written(
    networks: Networks, database: Database, circles: list[UUID], damage: dict[str, object]
) -> None:
    await change_room(database, circles[1], damage)
    networks.forget(NETWORK)
    clock = SystemClock()
    joins = ties.handlers(networks, a_writing, clock)[CircleJoined]
    comes = consumers.handlers(networks, Marks(database, KEY).joined, a_writing, clock)
    for circle in circles[1:]:  # before identity tells of him
        await joins(event(circle), META)
    await comes[AccountCreated](AccountCreated(network_id=str(NETWORK), member_id=str(BEN)), META)
    for circle in circles[:2]:  # and after
        await joins(event(circle), META)
    assert [await members(networks, circle) for circle in circles] == [
        (ADA, BEN),
        (ADA,),
        (ADA, BEN),
    ]


async def test_what_may_pass_is_tried_again(
    networks: Networks, database: Database, circles: list[UUID]
) -> None:
    await networks.members(NETWORK).add(BEN)
    await change_room(database, circles[0], {"$set": {"key_id": "not here now"}})
    networks.forget(NETWORK)
    joins = ties.handlers(networks, a_writing, SystemClock())[CircleJoined]
    with pytest.raises(Unavailable):
        await joins(event(circles[0]), META)


def event(circle: UUID) -> CircleJoined:
    return CircleJoined(
        network_id=str(NETWORK), circle_id=str(circle), member_id=str(BEN), join_time=AT
    )
