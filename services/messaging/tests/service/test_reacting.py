"""Reactions as the database keeps them, and through the door."""

from __future__ import annotations

import asyncio

from common.clock import SystemClock
from common.errors import Kind
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.adapters import due
from messaging.adapters.erasing import STEPS
from messaging.adapters.mongo import Networks
from messaging.application.tails import Tails
from messaging.domain.changing import deleted, edited
from messaging.domain.reaction import MOST, Reaction, ReactionKind

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    send,
)
from services.messaging.tests.doors import Client, Door, refusal

TALK = a_conversation()
HUG, HEART = Reaction(BEN, ReactionKind.HUG), Reaction(BEN, ReactionKind.HEART)


async def test_one_write_each_with_its_events_and_whoever_races(
    networks: Networks, database: Database
) -> None:
    network = networks.of(NETWORK)
    await network.conversations.add([TALK])
    sent = await send(network, Tails(), conversation_id=TALK.id, draft=a_draft())
    await database.unscoped("messages").update_one({}, {"$unset": {"outbox": ""}})
    messages = network.messages
    added = await asyncio.gather(*(messages.react(TALK, sent, HUG, NOW) for _ in range(5)))
    assert added.count(True) == 1
    now = await messages.get(TALK.id, sent.id)
    assert now is not None
    assert await messages.react(TALK, now, HEART, NOW)
    second = edited(sent, "other words", NOW)
    assert await messages.change(TALK, sent, second)
    assert await messages.unreact(TALK, now, HEART, NOW)
    assert not await messages.unreact(TALK, now, HEART, NOW)
    [stored] = await messages.after(TALK.id, 0, 9)
    assert stored.reactions == (HUG,)
    [document] = await database.unscoped("messages").find().to_list(None)
    told = [one["topic"] for one in document["outbox"] if one["topic"] != due.TOPIC]
    message, member = "messaging.message.v1", "activity.member.v1"
    assert told == [message, member, message, message, message]
    assert await messages.change(TALK, second, deleted(second, NOW))
    assert not await messages.react(TALK, sent, HEART, NOW), "it has no words"
    [gone] = await messages.after(TALK.id, 0, 9)
    assert gone.reactions == ()


async def test_a_full_message_takes_no_more(networks: Networks, database: Database) -> None:
    network = networks.of(NETWORK)
    await network.conversations.add([TALK])
    sent = await send(network, Tails(), conversation_id=TALK.id, draft=a_draft())
    full = [f"hug:{new_id()}" for _ in range(MOST)]
    await database.unscoped("messages").update_one({}, {"$set": {"reactions": full}})
    assert not await network.messages.react(TALK, sent, HUG, NOW)


async def test_who_leaves_takes_her_reactions_along_and_those_to_her_words_go(
    networks: Networks, database: Database
) -> None:
    network, tails = networks.of(NETWORK), Tails()
    await network.conversations.add([TALK])
    for sender in (ADA, BEN, BEN):
        sent = await send(network, tails, conversation_id=TALK.id, draft=a_draft(sender))
        for member in (ADA, BEN):
            for kind in (ReactionKind.HUG, ReactionKind.SAME):
                assert await network.messages.react(TALK, sent, Reaction(member, kind), NOW)
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, ADA, new_id())
    after = await network.messages.after(TALK.id, 0, 9)
    assert [{one.member_id for one in message.reactions} for message in after] == [
        set(), {BEN}, {BEN},
    ]  # fmt: skip
    for document in await database.unscoped("messages").find().to_list(None):
        assert str(ADA) not in str({**document, "outbox": None})


async def test_through_the_door(door: Door, client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    sent = await client.send(ada, talk.id)
    for kind in (pb.REACTION_KIND_STRENGTH, pb.REACTION_KIND_SAME, pb.REACTION_KIND_STRENGTH):
        now = await client.react(ben, talk.id, sent.id, kind)
    assert [(one.member_id, one.kind) for one in now.reactions] == [
        (str(BEN), pb.REACTION_KIND_STRENGTH), (str(BEN), pb.REACTION_KIND_SAME),
    ]  # fmt: skip
    assert await client.talk(ada, talk.id) == [now]
    now = await client.react(ben, talk.id, sent.id, pb.REACTION_KIND_SAME, on=False)
    assert len(now.reactions) == 1
    for number in (0, 99):
        refused = await refusal(client.react(ben, talk.id, sent.id, number))
        assert (refused.kind, refused.metadata) == (Kind.INVALID, {"field": "kind"})
    for stranger in (await door.join(CAT), await door.join(network_id=OTHER_NETWORK)):
        refused = await refusal(client.react(stranger, talk.id, sent.id, pb.REACTION_KIND_HUG))
        assert refused.reason == "CONVERSATION_NOT_FOUND"
