"""Reactions: one of each kind by each member, again it changes nothing, and only to words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from common.ids import new_id
from messaging.application.open_conversation import open_conversation
from messaging.application.react import react, unreact
from messaging.application.tails import Tails
from messaging.domain.changing import deleted, edited
from messaging.domain.conversation import Conversation
from messaging.domain.errors import (
    ConversationNotFound,
    MessageDeleted,
    MessageNotFound,
    ReactionsFull,
)
from messaging.domain.message import Message
from messaging.domain.reaction import MOST, Reaction, ReactionKind

from services.messaging.tests.builders import ADA, BEN, CAT, NOW, a_draft, access_of, send
from services.messaging.tests.fakes import FakeNetwork, a_network

HUG, HEART = ReactionKind.HUG, ReactionKind.HEART


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    return await open_conversation(network, caller=ADA, peer=BEN, at=NOW)


@pytest.fixture
async def message(network: FakeNetwork, talk: Conversation) -> Message:
    return await send(network, Tails(), conversation_id=talk.id, draft=a_draft())


async def do(
    network: FakeNetwork, message: Message, kind: ReactionKind, member: UUID = BEN, *,
    on: bool = True,
) -> Message:  # fmt: skip
    access = access_of(member, "AddReaction" if on else "RemoveReaction", "WordsService")
    return await (react if on else unreact)(
        network, access, conversation_id=message.conversation_id, message_id=message.id,
        kind=kind, at=NOW,
    )  # fmt: skip


async def test_each_kind_is_there_once_for_each_member(
    network: FakeNetwork, message: Message
) -> None:
    for member, kind in ((BEN, HUG), (BEN, HEART), (BEN, HUG), (ADA, HUG)):
        now = await do(network, message, kind, member)
    assert now.reactions == (Reaction(BEN, HUG), Reaction(BEN, HEART), Reaction(ADA, HUG))
    for _ in range(2):
        now = await do(network, message, HUG, on=False)
        assert now.reactions == (Reaction(BEN, HEART), Reaction(ADA, HUG))
    assert now.version == 1


async def test_devices_that_react_at_once_leave_one_of_each(
    network: FakeNetwork, message: Message
) -> None:
    both = [*ReactionKind] * 3
    await asyncio.gather(*(do(network, message, kind) for kind in both))
    reactions = network.messages.all[0].reactions
    assert sorted(reactions, key=str) == sorted((Reaction(BEN, k) for k in ReactionKind), key=str)


async def test_an_edit_keeps_reactions_and_a_deletion_takes_them(
    network: FakeNetwork, talk: Conversation, message: Message
) -> None:
    await do(network, message, HUG)
    second = edited(message, "other words", NOW)  # seen before the reaction
    assert await network.messages.change(talk, message, second)
    counts = [len(network.messages.all[0].reactions)]
    assert await network.messages.change(talk, second, deleted(second, NOW))
    counts.append(len(network.messages.all[0].reactions))
    assert counts == [1, 0]
    with pytest.raises(MessageDeleted):
        await do(network, message, HEART)
    assert (await do(network, message, HUG, on=False)).reactions == ()


async def test_a_message_holds_so_many_and_no_more(network: FakeNetwork, message: Message) -> None:
    full = tuple(Reaction(new_id(), HUG) for _ in range(MOST - 1))
    network.messages.all[0] = replace(message, reactions=full)
    await do(network, message, HUG)
    with pytest.raises(ReactionsFull):
        await do(network, message, HEART)
    assert len((await do(network, message, HUG)).reactions) == MOST


async def test_only_who_takes_part_reacts_and_to_what_is_there(
    network: FakeNetwork, message: Message
) -> None:
    for on in (True, False):
        with pytest.raises(ConversationNotFound):
            await do(network, message, HUG, CAT, on=on)
        with pytest.raises(MessageNotFound):
            await do(network, replace(message, id=new_id()), HUG, on=on)
    assert network.messages.all == [message]
