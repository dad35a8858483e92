"""Sending: once per client message id, one order, whoever races."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from messaging.application import queries
from messaging.application.open_conversation import open_conversation
from messaging.application.ports import Taken
from messaging.application.tails import Tails
from messaging.application.withholding import Withheld
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, MemberNotFound, MessageIdReused
from messaging.domain.message import Message, Placed

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    NOW,
    a_draft,
    access_of,
    send,
)
from services.messaging.tests.fakes import Crash, FakeMessages, FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    return await open_conversation(network, caller=ADA, peer=BEN, at=NOW)


async def test_opening_is_the_same_from_both_sides_and_keeps_the_first_time(
    network: FakeNetwork, talk: Conversation
) -> None:
    again = await open_conversation(network, caller=BEN, peer=ADA, at=NOW + HOUR)
    assert again == talk
    assert again.created_at == NOW


async def test_a_conversation_with_nobody_known_is_not_opened(network: FakeNetwork) -> None:
    with pytest.raises(MemberNotFound):
        await open_conversation(network, caller=ADA, peer=new_id(), at=NOW)
    assert not network.conversations.all


async def test_a_message_sent_again_is_the_same_message(
    network: FakeNetwork, talk: Conversation
) -> None:
    tails, draft = Tails(), a_draft(client_id="c1")
    first = await send(network, tails, conversation_id=talk.id, draft=draft)
    await send(network, tails, conversation_id=talk.id, draft=a_draft(BEN, client_id="c1"))
    later = a_draft(client_id="c1", at=NOW + HOUR)
    for again in (tails, Tails()):  # also when another process gets it
        assert await send(network, again, conversation_id=talk.id, draft=later) == first
    after = await send(network, tails, conversation_id=talk.id, draft=a_draft())
    assert after.sequence == 3


async def test_a_client_message_id_with_other_words_is_refused(
    network: FakeNetwork, talk: Conversation
) -> None:
    tails = Tails()
    await send(network, tails, conversation_id=talk.id, draft=a_draft(client_id="c1"))
    with pytest.raises(MessageIdReused) as refused:
        await send(
            network, tails, conversation_id=talk.id, draft=a_draft(text="No", client_id="c1")
        )
    assert refused.value.metadata == {"field": "client_message_id"}
    assert len(network.messages.all) == 1


async def test_who_does_not_take_part_sends_and_sees_nothing(
    network: FakeNetwork, talk: Conversation
) -> None:
    for id in (talk.id, new_id()):
        with pytest.raises(ConversationNotFound):
            await send(network, Tails(), conversation_id=id, draft=a_draft(CAT))
        with pytest.raises(ConversationNotFound):
            await queries.messages_after(network, id, access_of(CAT), 0, 10)
        with pytest.raises(ConversationNotFound):
            await queries.messages_before(network, id, access_of(CAT), None, 10)


async def send_patiently(network: FakeNetwork, tails: Tails, talk: Conversation, n: int) -> Message:
    """Send as a client does: again when told so."""
    draft = a_draft(ADA if n % 2 else BEN, f"message {n}", client_id=f"c{n}")
    while True:
        try:
            return await send(network, tails, conversation_id=talk.id, draft=draft)
        except ConcurrentUpdate:
            continue


async def test_two_processes_that_race_leave_no_gap_and_lose_nothing(
    network: FakeNetwork, talk: Conversation
) -> None:
    both = (Tails(), Tails())
    sent = await asyncio.gather(
        *(send_patiently(network, both[n // 2 % 2], talk, n // 2) for n in range(120))
    )
    stored = network.messages.of(talk.id)
    assert [one.sequence for one in stored] == list(range(1, 61))
    assert sorted(one.client_message_id for one in stored) == sorted(f"c{n}" for n in range(60))
    assert {one.id for one in sent} == {one.id for one in stored}


async def test_a_sender_who_fails_or_goes_away_does_not_disturb_the_next(
    network: FakeNetwork, talk: Conversation
) -> None:
    tails = Tails()
    await send(network, tails, conversation_id=talk.id, draft=a_draft())
    network.messages.failing = True
    with pytest.raises(Crash):
        await send(network, tails, conversation_id=talk.id, draft=a_draft())
    network.messages.failing = False
    gone = asyncio.create_task(send(network, tails, conversation_id=talk.id, draft=a_draft()))
    for _ in range(3):  # into the write
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    last = await send(network, tails, conversation_id=talk.id, draft=a_draft())
    stored = network.messages.of(talk.id)
    assert [one.sequence for one in stored] == list(range(1, last.sequence + 1))


class AlwaysTaken(FakeMessages):
    """Somebody else is always faster."""

    async def add(self, conversation: Conversation, placed: Placed) -> None:
        raise Taken


async def test_who_never_gets_a_place_is_told_to_try_again(talk: Conversation) -> None:
    network = a_network(ADA, BEN)
    await network.conversations.add([talk])
    crowded = replace(network, messages=AlwaysTaken())
    with pytest.raises(ConcurrentUpdate):
        await send(crowded, Tails(), conversation_id=talk.id, draft=a_draft())


async def test_pages_tell_whether_there_is_more(network: FakeNetwork, talk: Conversation) -> None:
    assert await queries.last_sequence(network, talk.id) == 0
    for _ in range(5):
        await send(network, Tails(), conversation_id=talk.id, draft=a_draft())
    assert await queries.last_sequence(network, talk.id) == 5

    def numbers(page: tuple[Sequence[Message | Withheld], bool]) -> tuple[list[int], bool]:
        messages, more = page
        return [one.sequence for one in messages], more

    after, before = queries.messages_after, queries.messages_before
    assert numbers(await after(network, talk.id, access_of(ADA), 0, 3)) == ([1, 2, 3], True)
    assert numbers(await after(network, talk.id, access_of(ADA), 3, 2)) == ([4, 5], False)
    assert numbers(await before(network, talk.id, access_of(BEN), None, 3)) == ([5, 4, 3], True)
    assert numbers(await before(network, talk.id, access_of(BEN), 3, 2)) == ([2, 1], False)
