"""What a stolen database says: who talked with whom and when, and not a word of it; and what a
member is told when what is stored cannot be opened."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import bson
import pytest
from common.clock import SystemClock
from common.errors import Kind
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from messaging.adapters.conversation_keys import DESTROYED, SECONDS, ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.mongo import Networks
from messaging.application.key_ports import WrappedKey
from messaging.application.tails import Tails
from messaging.domain.errors import ConversationNotFound

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    a_conversation,
    a_draft,
    send,
)
from services.messaging.tests.doors import Client, Door, a_row, refusal
from services.messaging.tests.keys import FakeKeys

WORDS = "words nobody else may read"
TALK = a_conversation().id


async def raw(database: Database, collection: str) -> list[dict[str, Any]]:
    """Everything in a collection, as it is stored."""
    found: list[dict[str, Any]] = await database.unscoped(collection).find().to_list(None)
    return found


async def in_clear(database: Database) -> bool:
    """Whether the words of this test stand anywhere in the database."""
    documents = [one for name in ("messages", "conversations") for one in await raw(database, name)]
    assert documents
    options: Any = bson.CodecOptions(uuid_representation=4, tz_aware=True)
    encoded = [bson.encode(one, codec_options=options) for one in documents]
    return any(word.encode() in one for one in encoded for word in WORDS.split()[:2])


async def test_no_word_is_stored_and_every_word_is_read(
    client: Client, door: Door, ada: str, ben: str, database: Database
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id, "c1", WORDS)
    await client.send(ben, talk.id, "c2", WORDS + "!")
    await client.bring_in(door.admin(), [a_row(1, text=WORDS), a_row(2, ADA, BEN, text=WORDS)])
    assert [one.text for one in await client.talk(ben, talk.id)] == [
        WORDS,
        WORDS + "!",
        WORDS,
        WORDS,
    ]
    assert not await in_clear(database)
    (conversation,) = await raw(database, "conversations")
    assert conversation["key_id"] == "m1"
    assert {type(one["text"]) for one in await raw(database, "messages")} == {bytes}


async def test_sending_again_is_known_by_its_words_although_they_are_sealed(
    client: Client, door: Door, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    sent = await client.send(ada, talk.id, "c1", WORDS)
    assert await client.send(ada, talk.id, "c1", WORDS) == sent
    assert (await refusal(client.send(ada, talk.id, "c1", "other"))).reason == "MESSAGE_ID_REUSED"
    rows = [a_row(1, text=WORDS)]
    assert await client.bring_in(door.admin(), rows) == (1, 0)
    assert await client.bring_in(door.admin(), rows) == (0, 1)
    other = await refusal(client.bring_in(door.admin(), [a_row(1, text="other")]))
    assert other.reason == "MESSAGE_ID_REUSED"


async def test_of_many_who_open_a_conversation_at_once_all_have_its_one_key(
    database: Database, networks: Networks, master_keys: FakeKeys
) -> None:
    conversation = a_conversation()
    each = [ConversationKeys(database, master_keys) for _ in range(8)]
    several = [Networks(database, keys, lambda documents: None).of(NETWORK) for keys in each]
    await asyncio.gather(*(one.conversations.add([conversation]) for one in several))
    for number, network in enumerate(several):
        await send(
            network, Tails(), conversation_id=conversation.id, draft=a_draft(text=str(number))
        )
    for network in several:
        found = await network.messages.after(conversation.id, 0, 99)
        assert [one.text for one in found] == [str(number) for number in range(8)]


@pytest.mark.parametrize("what", ["swapped", "changed"])
async def test_a_row_that_was_tampered_with_is_an_error_and_no_words(
    client: Client, ada: str, ben: str, database: Database, what: str
) -> None:
    talk = await client.open(ada, BEN)
    for number in range(2):
        await client.send(ada, talk.id, "", f"{WORDS} {number}")
    first, second = await raw(database, "messages")
    text = second["text"] if what == "swapped" else first["text"][:-1] + b"\0\0"
    messages = database.collection("messages", NETWORK)
    await messages.update_one({"_id": first["_id"]}, {"$set": {"text": text}})
    error = await refusal(client.talk(ben, talk.id))
    assert (error.kind, error.message) == (Kind.INTERNAL, "internal error")
    assert not error.metadata
    untouched, _ = await client.page(ben, talk.id, after_sequence=second["sequence"] - 1)
    assert [one.sequence for one in untouched] == [second["sequence"]]


async def test_without_the_master_key_it_is_unavailable_until_the_key_is_back(
    client: Client, door: Door, ada: str, ben: str, master_keys: FakeKeys, keys: ConversationKeys
) -> None:
    await door.join(CAT)
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id, "c1", WORDS)
    master_keys.ids = ["m2"]
    keys.forget(NETWORK)
    for attempt in (client.send(ada, talk.id), client.talk(ben, talk.id)):
        error = await refusal(attempt)
        assert (error.kind, error.reason) == (Kind.UNAVAILABLE, "UNAVAILABLE")
        assert "m1" not in error.message
    other = await client.open(ada, CAT)  # everybody else goes on
    assert (await client.send(ada, other.id, "c2", WORDS)).sequence == 1
    master_keys.ids = ["m1", "m2"]
    assert [one.text for one in await client.talk(ben, talk.id)] == [WORDS]


async def test_a_conversation_of_before_is_read_as_it_is_and_sealed_from_now_on(
    client: Client, ada: str, ben: str, database: Database
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id, "c1", WORDS)
    await as_before(database, UUID(talk.id), WORDS)
    assert await in_clear(database)
    assert [one.text for one in await client.talk(ben, talk.id)] == [WORDS]
    assert (await client.send(ada, talk.id, "c1", WORDS)).sequence == 1
    await client.send(ben, talk.id, "c2", WORDS)
    assert [one.text for one in await client.talk(ada, talk.id)] == [WORDS, WORDS]
    kinds = {one["client_message_id"]: type(one["text"]) for one in await raw(database, "messages")}
    assert kinds == {"c1": str, "c2": bytes}


async def test_when_both_have_gone_their_key_is_destroyed_and_forgotten(
    networks: Networks, keys: ConversationKeys, database: Database
) -> None:
    network, tails = networks.of(NETWORK), Tails()
    eraser = Eraser("messaging", database, STEPS, SystemClock())
    for peer in (BEN, CAT):
        await network.conversations.add([a_conversation(ADA, peer)])
        draft = a_draft(ADA, WORDS)
        await send(network, tails, conversation_id=a_conversation(ADA, peer).id, draft=draft)
    await eraser.erase(NETWORK, ADA, new_id())
    networks.forget(NETWORK)
    await keys.of(NETWORK, TALK)  # Ben still has it
    await eraser.erase(NETWORK, BEN, new_id())
    assert len(keys) == 1
    networks.forget(NETWORK)
    assert len(keys) == 0
    with pytest.raises(ConversationNotFound):
        await keys.of(NETWORK, TALK)
    left = {one["_id"]: one for one in await raw(database, "conversations")}
    assert left[TALK]["key_id"] == DESTROYED
    assert "wrapped_key" not in left[TALK]
    assert left[a_conversation(ADA, CAT).id]["wrapped_key"]  # Cat is still there


async def test_two_who_leave_at_once_are_both_forgotten(
    networks: Networks, database: Database
) -> None:
    network = networks.of(NETWORK)
    await network.conversations.add([a_conversation()])
    erasers = [Eraser("messaging", database, STEPS, SystemClock()) for _ in range(2)]
    leaving = zip(erasers, (ADA, BEN), strict=True)
    await asyncio.gather(*(eraser.erase(NETWORK, id, new_id()) for eraser, id in leaving))
    (document,) = await raw(database, "conversations")
    assert not {ADA, BEN} & set(document["member_ids"])
    assert document["key_id"] == DESTROYED


class Counting(ConversationKeys):
    """Counts how often the database is asked for a key alone."""

    reads = 0

    async def _stored(self, network_id: UUID, id: UUID) -> WrappedKey:
        self.reads += 1
        return await super()._stored(network_id, id)


async def test_sending_and_listing_read_nothing_more(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    await networks.of(NETWORK).conversations.add([a_conversation()])
    keys, tails = Counting(database, master_keys), Tails()
    network = Networks(database, keys, lambda documents: None).of(NETWORK)
    for _ in range(3):
        await send(network, tails, conversation_id=TALK, draft=a_draft())
        await network.messages.after(TALK, 0, 9)
    made = a_conversation(ADA, CAT)
    await network.conversations.add([made])
    await send(network, tails, conversation_id=made.id, draft=a_draft())
    assert keys.reads == 0


async def test_keys_are_remembered_for_a_while_and_not_too_many(
    networks: Networks, database: Database, master_keys: FakeKeys
) -> None:
    now = [0.0]
    talks = [a_conversation(ADA, new_id()) for _ in range(5)]
    await networks.of(NETWORK).conversations.add(talks)
    keys = ConversationKeys(database, master_keys, most=3, monotonic=lambda: now[0])
    first = await keys.of(NETWORK, talks[0].id)
    assert await keys.of(NETWORK, talks[0].id) is first
    for talk in talks[1:]:
        await keys.of(NETWORK, talks[0].id)  # is used again and again, and so stays
        await keys.of(NETWORK, talk.id)
    assert len(keys) == 3
    assert await keys.of(NETWORK, talks[0].id) is first
    now[0] = SECONDS
    assert await keys.of(NETWORK, talks[0].id) is not first


async def test_a_key_that_was_noted_and_wrapped_anew_before_it_was_needed_is_read_again(
    networks: Networks, database: Database, master_keys: FakeKeys, keys: ConversationKeys
) -> None:
    await networks.of(NETWORK).conversations.add([a_conversation()])  # notes its key
    (before,) = await raw(database, "conversations")
    seal = await ConversationKeys(database, master_keys).of(NETWORK, TALK)
    master_keys.ids.append("m2")
    fields = await ConversationKeys(database, master_keys).new_fields(NETWORK, TALK)
    await database.collection("conversations", NETWORK).update_one({"_id": TALK}, {"$set": fields})
    master_keys.ids.remove("m1")
    assert before["key_id"] == "m1"
    assert await keys.of(NETWORK, TALK) is not seal


async def as_before(database: Database, conversation_id: UUID, text: str) -> None:
    """Store a conversation as it was before words were sealed."""
    conversations = database.collection("conversations", NETWORK)
    await conversations.update_one(
        {"_id": conversation_id}, {"$unset": {"key_id": "", "wrapped_key": ""}}
    )
    messages = database.collection("messages", NETWORK)
    for one in await raw(database, "messages"):
        await messages.update_one({"_id": one["_id"]}, {"$set": {"text": text}})
