"""What a member is told of her talk: all of it, both sides, and not a word of anybody else's."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Invalid
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from export.kinds import PAGE, Whose
from export.records import Records
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.exporting import kinds
from messaging.adapters.mongo import Networks
from messaging.application.tails import Tails

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    send,
)
from services.messaging.tests.keys import FakeKeys


async def talk(networks: Networks, one: UUID, other: UUID, count: int) -> UUID:
    network, conversation = networks.of(NETWORK), a_conversation(one, other)
    await network.conversations.add([conversation])
    tails = Tails()
    for number in range(count):
        words = f"{one} to {other}, {number}"
        draft = a_draft((one, other)[number % 2], words)
        await send(network, tails, conversation_id=conversation.id, draft=draft)
    return conversation.id


MASTER_KEYS = FakeKeys()


@pytest.fixture
def master_keys() -> FakeKeys:
    return MASTER_KEYS


def records_of(database: Database) -> Records:
    return Records(database, kinds(ConversationKeys(database, MASTER_KEYS)))


async def told(
    database: Database, member_id: UUID = ADA, network_id: UUID = NETWORK, token: str = ""
) -> list[dict[str, Any]]:
    """All records from a page on."""
    records, whose = records_of(database), Whose(network_id, member_id)
    found: list[dict[str, Any]] = []
    while True:
        reply = await records.page(whose, token)
        found += map(json.loads, reply.page.records)
        if not (token := reply.next_page_token):
            return found


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
async def test_every_message_of_hers_and_to_her_is_there_once_in_order(
    networks: Networks, database: Database, count: int
) -> None:
    ids = [await talk(networks, ADA, BEN, 3), await talk(networks, CAT, ADA, count)]
    ids.append(await talk(networks, ADA, UUID(int=9), 2))
    await talk(networks, BEN, CAT, 5)
    found = await told(database)
    conversations, messages = found[:3], found[3:]
    assert [one["conversationId"] for one in conversations] == list(map(str, ids))
    assert [one["withMemberIds"] for one in conversations] == [
        [str(peer)] for peer in (BEN, CAT, UUID(int=9))
    ]
    places = [(one["conversationId"], one["sequence"]) for one in messages]
    assert places == [
        (str(id), n + 1)
        for id, length in zip(ids, (3, count, 2), strict=True)
        for n in range(length)
    ]
    assert [one["writtenBy"] for one in messages[:3]] == ["you", "the other", "you"]
    assert all(str(ADA) in one["text"] for one in messages)


async def test_a_page_token_of_somebody_else_leads_to_nothing_of_hers(
    networks: Networks, database: Database
) -> None:
    await talk(networks, BEN, CAT, PAGE + 5)
    mine = await talk(networks, ADA, BEN, 2)
    bens = (await records_of(database).page(Whose(NETWORK, BEN), "messages:")).next_page_token
    assert bens
    for member_id, network_id in ((ADA, NETWORK), (BEN, OTHER_NETWORK), (new_id(), NETWORK)):
        found = await told(database, member_id, network_id, bens)
        assert {one["conversationId"] for one in found} <= {str(mine)}


@pytest.mark.parametrize(
    "token",
    ["x", "messages:x", "messages:1/2", "messages:x/-1", f"messages:{UUID(int=1)}/²",
     f"messages:{UUID(int=1)}/{10**30}", f"messages:{UUID(int=1)}", "conversations:x", ":"],
)  # fmt: skip
async def test_a_made_up_page_token_is_refused(database: Database, token: str) -> None:
    with pytest.raises(Invalid):
        await records_of(database).page(Whose(NETWORK, ADA), token)


async def test_of_who_was_erased_the_place_is_told_without_words(
    networks: Networks, database: Database
) -> None:
    await talk(networks, ADA, BEN, 2)
    await Eraser("messaging", database, STEPS, SystemClock()).erase(NETWORK, BEN, new_id())
    found = await told(database)
    assert [one.get("text") for one in found[1:]] == [f"{ADA} to {BEN}, 0", ""]
    assert str(BEN) not in str([one for one in found if not one.get("text")])
    assert await told(database, BEN) == []
