"""Changed messages as they are stored and told: the place stays, what was said before is sealed and
shown to nobody, and goes when its time is over or its author leaves."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from common.clock import SystemClock
from common.errors import Kind, Unavailable
from common.ids import new_id
from common.mongo import Database, Document
from common.testing.clock import FakeClock
from erasure.eraser import Eraser
from export.kinds import Whose
from export.records import Records
from kith.messaging.events.v1 import messaging_events_pb2 as events
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.exporting import kinds
from messaging.adapters.forgetting import Forgetting
from messaging.adapters.mongo import Networks
from messaging.adapters.sealing import MessageDamaged, Place
from messaging.application.tails import Tails
from messaging.domain.changing import TRACE_KEPT, deleted, edited
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    send,
)
from services.messaging.tests.doors import Client, Door, refusal

TALK = a_conversation()
FIRST, SECOND = "the first words", "the second words"


async def a_message(networks: Networks) -> Message:
    network = networks.of(NETWORK)
    await network.conversations.add([TALK])
    draft = a_draft(text=FIRST, reply_to=0)
    return await send(network, Tails(), conversation_id=TALK.id, draft=draft)


async def change(networks: Networks, before: Message, after: Message) -> bool:
    return await networks.of(NETWORK).messages.change(TALK, before, after)


async def stored(database: Database) -> Document:
    [document] = await database.unscoped("messages").find().to_list(None)
    return document


async def test_a_change_is_one_write_with_its_event_and_a_trace_that_opens_as_what_it_was(
    networks: Networks, database: Database, keys: ConversationKeys
) -> None:
    first = await a_message(networks)
    second = edited(first, SECOND, NOW)
    third = deleted(second, NOW + timedelta(hours=1))
    assert await change(networks, first, second)
    assert not await change(networks, first, second), "it is not as before"
    assert await change(networks, second, third)
    assert await networks.of(NETWORK).messages.after(TALK.id, 0, 9) == [third]
    document = await stored(database)
    changes = [
        events.MessageChanged.FromString(one["payload"])
        for one in document["outbox"]
        if one["type"].endswith("MessageChanged")
    ]
    assert [(one.change, one.version) for one in changes] == [
        (events.MESSAGE_CHANGE_EDITED, 2), (events.MESSAGE_CHANGE_DELETED, 3),
    ]  # fmt: skip
    seal = await keys.of(NETWORK, TALK.id)
    said = [
        seal.open(Place(first.id, 1, ADA, one["version"] - 1), one["text"])
        for one in document["earlier"]
    ]
    assert said == [FIRST, SECOND]
    assert document["trace_until"] == third.changed_at + TRACE_KEPT


async def test_earlier_words_that_are_put_back_are_found_out(
    networks: Networks, database: Database
) -> None:
    first = await a_message(networks)
    was = (await stored(database))["text"]
    assert await change(networks, first, edited(first, SECOND, NOW))
    await database.unscoped("messages").update_one({}, {"$set": {"text": was}})
    with pytest.raises(MessageDamaged):
        await networks.of(NETWORK).messages.after(TALK.id, 0, 9)


async def test_a_message_of_which_too_much_waits_is_changed_later(
    networks: Networks, database: Database
) -> None:
    first = await a_message(networks)
    waiting = [{"id": new_id()} for _ in range(100)]
    await database.unscoped("messages").update_one({}, {"$set": {"outbox": waiting}})
    with pytest.raises(Unavailable):
        await change(networks, first, edited(first, SECOND, NOW))


async def test_what_it_said_is_forgotten_when_its_time_is_over_and_not_before(
    networks: Networks, database: Database
) -> None:
    first = await a_message(networks)
    assert await change(networks, first, edited(first, SECOND, NOW))
    clock = FakeClock(NOW + TRACE_KEPT - timedelta(milliseconds=1))
    forgetting = Forgetting(database, clock)
    assert await forgetting.once() == 0
    clock.advance(timedelta(milliseconds=1))
    assert await forgetting.once() == 1
    assert await forgetting.once() == 0
    document = await stored(database)
    assert "earlier" not in document
    assert "trace_until" not in document
    [message] = await networks.of(NETWORK).messages.after(TALK.id, 0, 9)
    assert (message.text, message.version) == (SECOND, 2)


async def test_erasure_takes_what_she_said_before_along(
    networks: Networks, database: Database
) -> None:
    first = await a_message(networks)
    assert await change(networks, first, edited(first, SECOND, NOW))
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, ADA, new_id())
    document = await stored(database)
    assert (document["earlier"], document["text"]) == ([], "")
    late = edited(edited(first, SECOND, NOW), "third", NOW)
    assert not await change(networks, edited(first, SECOND, NOW), late), "she is gone"


async def test_an_export_tells_the_words_of_now_only(
    networks: Networks, database: Database, keys: ConversationKeys
) -> None:
    first = await a_message(networks)
    assert await change(networks, first, edited(first, SECOND, NOW))
    records, token, told = Records(database, kinds(keys)), "", ""
    while True:
        reply = await records.page(Whose(NETWORK, ADA), token)
        told += json.dumps(list(reply.page.records))
        if not (token := reply.next_page_token):
            break
    assert SECOND in told
    assert FIRST not in told


async def test_through_the_door(door: Door, client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    sent = await client.send(ada, talk.id, "c1", FIRST)
    assert (sent.version, sent.HasField("edit_time")) == (1, False)
    door.clock.advance(timedelta(hours=1))
    second = await client.edit(ada, talk.id, sent.id, SECOND, versions=[1])
    assert (second.text, second.version, second.HasField("edit_time")) == (SECOND, 2, True)
    assert await client.talk(ben, talk.id) == [second]
    stale = await refusal(client.edit(ada, talk.id, sent.id, "third", versions=[1]))
    assert (stale.kind, stale.reason) == (Kind.CONFLICT, "VERSION_MISMATCH")
    assert await client.send(ada, talk.id, "c1", FIRST) == second
    for token, id in ((ben, sent.id), (ada, str(new_id()))):
        assert (await refusal(client.delete(token, talk.id, id))).reason == "MESSAGE_NOT_FOUND"
    stranger = await door.join(network_id=OTHER_NETWORK)
    refused = await refusal(client.delete(stranger, talk.id, sent.id))
    assert refused.reason == "CONVERSATION_NOT_FOUND"
    gone = await client.delete(ada, talk.id, sent.id)
    assert (gone.text, gone.version, gone.HasField("delete_time")) == ("", 3, True)
    assert await client.delete(ada, talk.id, sent.id, versions=[1]) == gone
    assert await client.talk(ben, talk.id) == [gone]
    assert (await client.get(ben, talk.id)).reading.unread_count == 0
    again = await refusal(client.edit(ada, talk.id, sent.id, "back"))
    assert (again.kind, again.reason) == (Kind.PRECONDITION, "MESSAGE_DELETED")
    door.clock.advance(timedelta(hours=25))
    old = await client.send(ada, talk.id)
    door.clock.advance(timedelta(hours=25))
    late = await refusal(client.edit(ada, talk.id, old.id, "late"))
    assert (late.kind, late.reason) == (Kind.PRECONDITION, "EDIT_CLOSED")
