"""Receipts and unread counts through the door."""

from __future__ import annotations

from common.errors import Kind

from services.messaging.tests.builders import ADA, BEN, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, refusal


async def test_each_sees_how_far_the_other_is_and_what_is_new(
    client: Client, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    for token in (ben, ada, ben):
        await client.send(token, talk.id)
    moved = await client.move(ada, talk.id, read=1, delivered=3)
    assert (moved.delivered_sequence, moved.read_sequence) == (3, 1)
    assert (moved.unread_count, moved.unread_more) == (1, False)
    told = (await client.get(ben, talk.id)).reading
    assert [
        (one.member_id, one.delivered_sequence, one.read_sequence) for one in told.receipts
    ] == [(str(ADA), 3, 1)]
    assert (told.read_sequence, told.unread_count) == (0, 1)
    assert [one.reading for one in (await client.list_open(ben)).conversations] == [told]
    total = await client.unread(ben)
    assert (total.unread_count, total.unread_more, total.conversation_count) == (1, False, 1)
    back = await client.move(ada, talk.id, read=0, delivered=1)
    assert back == moved


async def test_who_does_not_show_hers_sees_nobodys(client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id)
    await client.move(ben, talk.id, read=1)
    assert not await client.show_receipts(ada, shown=False)
    for token in (ada, ben):
        assert list((await client.get(token, talk.id)).reading.receipts) == []
    assert await client.show_receipts(ada, shown=True)
    [receipt] = (await client.get(ada, talk.id)).reading.receipts
    assert (receipt.member_id, receipt.read_sequence) == (str(BEN), 1)


async def test_positions_that_cannot_be(door: Door, client: Client, ada: str) -> None:
    await door.join(BEN)
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id)
    beyond = await refusal(client.move(ada, talk.id, read=2))
    assert (beyond.kind, beyond.reason) == (Kind.NOT_FOUND, "MESSAGE_NOT_FOUND")
    assert (await refusal(client.move(ada, talk.id, read=-1))).kind is Kind.INVALID
    for stranger in (await door.join(), await door.join(network_id=OTHER_NETWORK)):
        refused = await refusal(client.move(stranger, talk.id, read=1))
        assert refused.reason == "CONVERSATION_NOT_FOUND"
        assert (await client.unread(stranger)).conversation_count == 0
