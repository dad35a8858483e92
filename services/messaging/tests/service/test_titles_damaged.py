"""What a group is called cannot be read any more: that takes nothing else with it."""

from __future__ import annotations

import pytest
from common.ids import new_id
from common.kafka_consumer import Meta
from common.mongo import Database
from kith.messaging.events.v1 import delivery_events_pb2 as events
from messaging.adapters.mongo import Networks
from messaging.adapters.sealing import MessageDamaged
from messaging.application.conversation_pages import talks
from messaging.application.hub import Hub
from messaging.application.noting import Writing
from messaging.domain.conversation import Conversation
from messaging.domain.message import place_notice
from messaging.domain.roster import renamed
from messaging.entrypoints import deliveries

from services.messaging.tests.builders import (
    ADA,
    BEN,
    NETWORK,
    NOW,
    a_draft,
    a_group,
    a_writing,
    send,
)

META = Meta(deliveries.TOPICS[0], 0, 0, "", "", "", 1, None)
GARBAGE = b"\x01" + bytes(40)


@pytest.fixture
async def writing(networks: Networks) -> Writing:
    for member_id in (ADA, BEN):
        await networks.members(NETWORK).add(member_id)
    return a_writing(networks.of(NETWORK))


@pytest.fixture
async def group(writing: Writing, networks: Networks, database: Database) -> Conversation:
    """Its new name is stored, and damaged, before the lists know of it; it is one of two."""
    await a_group(writing, ADA, BEN, title="another")
    group, messages = await a_group(writing, ADA, BEN), writing.network.messages
    end = await messages.tail(group.id)
    assert end is not None
    known = await writing.network.conversations.get(group.id)
    assert known is not None
    notice = renamed(known.roster, "Morning round", end.sequence + 1)
    await messages.add(known, place_notice(notice, new_id(), group.id, ADA, NOW, end))
    last = {"conversation_id": group.id, "sequence": end.sequence + 1}
    damage = {"$set": {"notice.title": GARBAGE}}
    assert await database.collection("messages", NETWORK).update_one(last, damage)
    networks.forget(NETWORK)
    return known.under(notice.roster)


async def titles(networks: Networks) -> list[str]:
    found = await talks(networks.of(NETWORK), BEN, None, 9, NOW)
    return [one.title for one in found.shown]


async def test_lists_and_what_was_said_are_there_without_it(
    networks: Networks, group: Conversation, database: Database
) -> None:
    assert await titles(networks) == ["", "another"]
    network = networks.of(NETWORK)
    after = a_writing(network)
    said = await send(
        network, after.tails, conversation_id=group.id, draft=a_draft(BEN, "and so on")
    )
    messages = await network.messages.after(group.id, 0, 99)
    assert [one.notice.title for one in messages if one.notice] == ["Evening round", "", ""]
    assert messages[-1].text == "and so on"
    damage = {"$set": {"text": GARBAGE}}
    assert await database.collection("messages", NETWORK).update_one({"_id": said.id}, damage)
    with pytest.raises(MessageDamaged):  # as ever, what was said
        await network.messages.after(group.id, 0, 99)


async def test_the_lists_hear_of_its_members_all_the_same(
    networks: Networks, group: Conversation, database: Database
) -> None:
    event = events.DeliveryDue(
        network_id=str(NETWORK), conversation_id=str(group.id), member_ids=[str(BEN)],
        kind=events.DELIVERY_KIND_CONVERSATION,
    )  # fmt: skip
    await deliveries.handlers(networks, Hub())[events.DeliveryDue](event, META)
    stored = await database.unscoped("conversations").find_one({"_id": group.id})
    assert stored is not None
    assert stored["roster"]["at"] == group.roster.at


async def test_a_damaged_key_takes_no_list_with_it(
    networks: Networks, group: Conversation, database: Database
) -> None:
    conversations = database.collection("conversations", NETWORK)
    await conversations.update_one({"_id": group.id}, {"$set": {"wrapped_key": b"?"}})
    assert await titles(networks) == ["", "another"]
