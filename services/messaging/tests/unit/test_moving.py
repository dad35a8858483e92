"""Positions: forward only, told once, shown to who shows hers."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.move_position import move_position
from messaging.application.open_conversation import open_conversation
from messaging.application.reading import Reading, readings
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, MessageNotFound
from messaging.domain.mark import Mark

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, a_draft, access_of, send
from services.messaging.tests.fakes import FakeNetwork, a_network

numbers = st.integers(0, 20)


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    """Ben, Ada, Ben, Ada, Ben have written."""
    talk = await open_conversation(network, caller=ADA, peer=BEN, at=NOW)
    for number in range(5):
        draft = a_draft((BEN, ADA)[number % 2])
        await send(network, Tails(), conversation_id=talk.id, draft=draft)
    return talk


async def move(
    network: FakeNetwork, talk: Conversation, member: UUID = ADA, *, read: int = 0,
    delivered: int = 0,
) -> Reading:  # fmt: skip
    access = access_of(member, "MovePosition", "ReceiptService")
    return await move_position(
        network, access, conversation_id=talk.id, delivered=delivered, read=read, at=NOW
    )


@given(st.lists(st.tuples(numbers, numbers)))
def test_a_mark_only_goes_forward_and_what_is_read_is_delivered(
    moves: list[tuple[int, int]],
) -> None:
    mark = Mark(NETWORK, ADA)
    for delivered, read in moves:
        before, mark = mark, mark.moved(delivered=delivered, read=read)
        assert mark.read == max(before.read, read)
        assert mark.delivered == max(before.delivered, delivered, mark.read)
        changed = (mark.read, mark.delivered) != (before.read, before.delivered)
        assert mark.version == before.version + changed


async def test_an_advance_over_words_of_another_is_told_once(
    network: FakeNetwork, talk: Conversation
) -> None:
    for read in (2, 2, 1, 3, 4, 5, 5):  # 2 and 4 are hers
        await move(network, talk, read=read)
    assert network.marks.read == [(ADA, BEN, 2), (ADA, BEN, 3), (ADA, BEN, 5)]
    await move(network, talk, BEN, delivered=5)
    assert len(network.marks.read) == 3


async def test_devices_that_race_end_at_the_furthest_and_tell_each_advance_once(
    network: FakeNetwork, talk: Conversation
) -> None:
    await asyncio.gather(*(move(network, talk, read=n, delivered=6 - n) for n in range(1, 6)))
    assert network.marks.all[talk.id, ADA].read == 5
    told = [read for _, _, read in network.marks.read]
    assert told == sorted(set(told))


async def test_who_hides_hers_is_not_seen_and_sees_nobodys(
    network: FakeNetwork, talk: Conversation
) -> None:
    await move(network, talk, read=3)
    await move(network, talk, BEN, read=2, delivered=5)

    async def seen(member: UUID) -> list[tuple[int, int]]:
        [reading] = await readings(network, member, [talk])
        return [(mark.delivered, mark.read) for mark in reading.receipts]

    assert (await seen(ADA), await seen(BEN)) == ([(5, 2)], [(3, 3)])
    await network.choices.choose(ADA, shown=False)
    assert (await seen(ADA), await seen(BEN)) == ([], [])
    network.marks.told.clear()
    await move(network, talk, delivered=4)
    await move(network, talk, BEN, read=3)
    assert network.marks.told == [{ADA}, {BEN}]
    [own] = await readings(network, ADA, [talk])
    assert (own.mark.read, own.unread.count) == (3, 1)
    await network.choices.choose(ADA, shown=True)
    assert (await seen(ADA), await seen(BEN)) == ([(5, 3)], [(4, 3)])
    network.marks.told.clear()
    await move(network, talk, read=5)
    assert network.marks.told == [{ADA, BEN}]


async def test_nobody_gets_beyond_the_end_or_into_a_talk_of_others(
    network: FakeNetwork, talk: Conversation
) -> None:
    for read, delivered, field in ((6, 0, "read_sequence"), (0, 6, "delivered_sequence")):
        with pytest.raises(MessageNotFound) as refused:
            await move(network, talk, read=read, delivered=delivered)
        assert refused.value.metadata == {"field": field}
    with pytest.raises(Invalid):
        await move(network, talk, read=-1)
    with pytest.raises(ConversationNotFound):
        await move(network, talk, CAT, read=1)
    assert network.marks.all == {}
