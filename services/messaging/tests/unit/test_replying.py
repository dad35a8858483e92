"""Replies: to a message that is there, of the same conversation, and no other by the same id."""

from __future__ import annotations

import pytest
from common.errors import Invalid
from messaging.application.open_conversation import open_conversation
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageIdReused, MessageNotFound

from services.messaging.tests.builders import ADA, BEN, NOW, a_draft, send
from services.messaging.tests.fakes import FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    return await open_conversation(network, caller=ADA, peer=BEN, at=NOW)


async def test_a_message_may_answer_any_before_it(network: FakeNetwork, talk: Conversation) -> None:
    tails = Tails()
    for number in range(4):
        draft = a_draft((ADA, BEN)[number % 2], reply_to=number)
        sent = await send(network, tails, conversation_id=talk.id, draft=draft)
        assert (sent.sequence, sent.reply_to) == (number + 1, number)


async def test_what_is_not_there_cannot_be_answered(
    network: FakeNetwork, talk: Conversation
) -> None:
    tails = Tails()
    for count in range(2):
        draft = a_draft(reply_to=count + 1)
        with pytest.raises(MessageNotFound) as refused:
            await send(network, tails, conversation_id=talk.id, draft=draft)
        assert refused.value.metadata == {"field": "reply_to_sequence"}
        assert len(network.messages.all) == count
        await send(network, tails, conversation_id=talk.id, draft=a_draft())
    with pytest.raises(Invalid):
        a_draft(reply_to=-1)


async def test_what_another_process_stored_can_be_answered(
    network: FakeNetwork, talk: Conversation
) -> None:
    here, elsewhere = Tails(), Tails()
    await send(network, here, conversation_id=talk.id, draft=a_draft())
    for _ in range(3):
        await send(network, elsewhere, conversation_id=talk.id, draft=a_draft(BEN))
    answer = await send(network, here, conversation_id=talk.id, draft=a_draft(reply_to=4))
    assert (answer.sequence, answer.reply_to) == (5, 4)


async def test_the_same_id_with_another_reply_is_another_message(
    network: FakeNetwork, talk: Conversation
) -> None:
    tails = Tails()
    for _ in range(2):
        await send(network, tails, conversation_id=talk.id, draft=a_draft())
    first = a_draft(BEN, client_id="c1", reply_to=1)
    sent = await send(network, tails, conversation_id=talk.id, draft=first)
    assert await send(network, tails, conversation_id=talk.id, draft=first) == sent
    for other in (0, 2):
        draft = a_draft(BEN, client_id="c1", reply_to=other)
        with pytest.raises(MessageIdReused):
            await send(network, tails, conversation_id=talk.id, draft=draft)
