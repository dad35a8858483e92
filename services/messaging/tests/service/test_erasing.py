"""What is left of a member's talk when she is gone: her places, and nothing of her in them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from erasure.receipts import Count
from erasure.steps import BATCH
from messaging.adapters.erasing import STEPS
from messaging.adapters.mongo import Networks
from messaging.application.open_conversation import open_conversation
from messaging.application.tails import Tails
from messaging.domain.errors import MemberNotFound
from messaging.domain.mark import Mark
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_conversation,
    a_draft,
    a_row,
    bring_in,
    send,
)

MANY = BATCH + 5
STAYS = ("conversations", "messages", "members", "erasures")


@pytest.fixture
def eraser(networks: Networks, database: Database) -> Eraser:
    return Eraser("messaging", database, STEPS, SystemClock())


async def talk(networks: Networks, tails: Tails, peer: UUID, count: int = 2) -> UUID:
    """Ada and a peer write in turns."""
    network, conversation = networks.of(NETWORK), a_conversation(ADA, peer)
    await network.conversations.add([conversation])
    for member in (ADA, peer):
        await networks.members(NETWORK).add(member)
    for number in range(count):
        draft = a_draft((ADA, peer)[number % 2])
        await send(network, tails, conversation_id=conversation.id, draft=draft)
    return conversation.id


async def messages_of(networks: Networks, id: UUID) -> Sequence[Message]:
    return await networks.of(NETWORK).messages.after(id, 0, 1000)


async def test_her_words_go_and_every_place_is_kept(
    networks: Networks, eraser: Eraser, database: Database
) -> None:
    tails = Tails()
    long, short = [await talk(networks, tails, peer, count)
                   for peer, count in ((BEN, 2 * MANY), (CAT, 3))]  # fmt: skip
    before = await messages_of(networks, long)
    for member in (ADA, BEN):
        await networks.of(NETWORK).marks.save(Mark(long, member, 3, 3, 1), NOW, None)
        await networks.of(NETWORK).choices.choose(member, shown=False)
        await networks.of(NETWORK).presences.choose(member, True, NOW)
    erasure_id = new_id()
    receipt = await eraser.erase(NETWORK, ADA, erasure_id)
    assert await eraser.erase(NETWORK, ADA, erasure_id) == receipt
    assert receipt.counts == {
        "members": Count(removed=1), "messages": Count(anonymised=MANY + 2),
        "conversations": Count(anonymised=2), "seats": Count(), "contact_rules": Count(),
        "blocks": Count(), "availabilities": Count(),
        "circle_places": Count(), "connected_pairs": Count(),
        "marks": Count(removed=1),
        "receipt_choices": Count(removed=1),
        "presences": Count(removed=1),
        "reports": Count(),
    }  # fmt: skip
    networks.forget(NETWORK)

    after = await messages_of(networks, long)
    assert [one.sequence for one in after] == list(range(1, 2 * MANY + 1))
    hers, bens = after[::2], after[1::2]
    assert bens == before[1::2]
    assert {one.text for one in hers} == {""}
    assert not {one.client_message_id for one in hers} & {one.client_message_id for one in before}
    (stand_in,) = {one.sender_id for one in hers}
    for id, peer in ((long, BEN), (short, CAT)):
        found = await networks.of(NETWORK).conversations.get(id)
        assert found is not None
        assert set(found.member_ids) == {peer, stand_in}
    kept = {*STAYS, "marks", "receipt_choices", "presences"}
    for name in kept:
        for document in await database.unscoped(name).find().to_list(None):
            assert ADA not in document.values()
            assert ADA not in document.get("member_ids", ())


async def test_her_peer_can_go_on_and_nobody_finds_her(networks: Networks, eraser: Eraser) -> None:
    tails = Tails()
    id = await talk(networks, tails, BEN)
    await eraser.erase(NETWORK, ADA, new_id())
    networks.forget(NETWORK)
    tails.forget_all()
    network = networks.of(NETWORK)
    sent = await send(network, tails, conversation_id=id, draft=a_draft(BEN))
    assert sent.sequence == 3
    with pytest.raises(MemberNotFound):
        await open_conversation(network, caller=BEN, peer=ADA, at=NOW)
    with pytest.raises(MemberNotFound):
        await open_conversation(network, caller=CAT, peer=ADA, at=NOW)


async def test_what_was_imported_of_her_is_not_brought_in_again(
    networks: Networks, eraser: Eraser
) -> None:
    for member in (ADA, BEN):
        await networks.members(NETWORK).add(member)
    rows = [a_row(1, ADA, BEN), a_row(2, BEN, ADA)]

    await bring_in(networks.of(NETWORK), Tails(), rows)
    await eraser.erase(NETWORK, ADA, new_id())
    await networks.members(NETWORK).add(ADA)
    again = await bring_in(networks.of(NETWORK), Tails(), rows)
    assert (again.created, again.existing) == (0, 2)
    texts = [one.text for one in await messages_of(networks, rows[0].conversation.id)]
    assert texts == ["", "row 2"]


async def test_a_member_of_another_network_is_left_alone(
    networks: Networks, eraser: Eraser
) -> None:
    await networks.members(OTHER_NETWORK).add(ADA)
    await eraser.erase(NETWORK, ADA, new_id())
    assert await networks.members(OTHER_NETWORK).unknown([ADA]) == set()
