"""What cannot be read any more keeps nothing else of her talk from a member who takes it along."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from common.mongo import Database
from export.kinds import Whose
from export.records import Records
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.exporting import kinds
from messaging.adapters.mongo import Networks
from messaging.application.key_ports import MasterKeyMissing
from messaging.application.tails import Tails

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, a_conversation, a_draft, send
from services.messaging.tests.keys import FakeKeys

Said = list[tuple[str | None, bool]]


@pytest.fixture
async def talks(networks: Networks) -> list[UUID]:
    """Ada talks with two, three messages each."""
    found, tails = [], Tails()
    for peer in (BEN, CAT):
        network, conversation = networks.of(NETWORK), a_conversation(ADA, peer)
        await network.conversations.add([conversation])
        for number in range(3):
            draft = a_draft(ADA, f"word {number}")
            await send(network, tails, conversation_id=conversation.id, draft=draft)
        found.append(conversation.id)
    return found


async def told(database: Database, master_keys: FakeKeys) -> Said:
    """The texts of all messages, and whether they are told to be unreadable."""
    records = Records(database, kinds(ConversationKeys(database, master_keys)))
    found: list[dict[str, Any]] = []
    token = "messages:"
    while token.startswith("messages:"):
        reply = await records.page(Whose(NETWORK, ADA), token)
        found += map(json.loads, reply.page.records)
        token = reply.next_page_token
    return [(one["text"], one.get("unreadable", False)) for one in found]


WHOLE: Said = [(f"word {number}", False) for number in range(3)]


async def test_one_damaged_text_is_told_as_such_among_the_others(
    talks: list[UUID], database: Database, master_keys: FakeKeys
) -> None:
    messages = database.collection("messages", NETWORK)
    second = {"conversation_id": talks[0], "sequence": 2}
    await messages.update_one(second, {"$set": {"text": b"\x01" + bytes(40)}})
    assert await told(database, master_keys) == [WHOLE[0], (None, True), WHOLE[2], *WHOLE]


@pytest.mark.parametrize(
    "change", [{"$set": {"wrapped_key": b"?"}}, {"$unset": {"wrapped_key": ""}}]
)
async def test_a_conversation_whose_key_is_damaged_is_told_without_words(
    talks: list[UUID], database: Database, master_keys: FakeKeys, change: dict[str, Any]
) -> None:
    await database.collection("conversations", NETWORK).update_one({"_id": talks[0]}, change)
    assert await told(database, master_keys) == [*[(None, True)] * 3, *WHOLE]


@pytest.mark.usefixtures("talks")
async def test_a_missing_master_key_is_waited_for(database: Database) -> None:
    with pytest.raises(MasterKeyMissing):
        await told(database, FakeKeys("another"))
