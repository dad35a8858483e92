"""Groups through several processes, of which one may die: what holds is what has a place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from messaging.application.create_group import NewGroup, create_group
from messaging.application.noting import Writing
from messaging.application.reading import total_unread
from messaging.application.search import search
from messaging.domain.errors import ConversationNotFound
from messaging.domain.roster import NoticeKind
from messaging.domain.searching import Query
from messaging.domain.seat import Seat

from services.messaging.tests.builders import ADA, BEN, CAT, NOW, a_conversation, a_group, a_writing
from services.messaging.tests.fakes import (
    Crash,
    FakeMessages,
    FakeNetwork,
    a_network,
    another_process,
)
from services.messaging.tests.fakes_sides import FakeSeats
from services.messaging.tests.unit.test_groups import (
    accepts,
    invites,
    leaves,
    listed,
    removes,
    say,
    seen,
)


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
def writing(network: FakeNetwork) -> Writing:
    return a_writing(network)


async def test_who_is_removed_elsewhere_reads_and_sends_nothing_more(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    here = another_process(network)
    one = a_writing(here)
    await say(one, group, BEN)
    assert await seen(here, group, BEN) == [2, 3]
    await removes(writing, group, ADA, BEN)
    with pytest.raises(ConversationNotFound):
        await seen(here, group, BEN)
    with pytest.raises(ConversationNotFound):
        await say(one, group, BEN)
    assert (await total_unread(here, BEN)).conversations == 0
    await invites(writing, group, ADA, BEN)
    await accepts(writing, group, BEN)
    assert (await say(one, group, BEN)).roster_at == 5  # it heard of neither


async def test_of_removing_and_sending_at_once_one_is_first() -> None:
    for _ in range(20):
        network = a_network(ADA, BEN)
        writing = a_writing(network)
        group = await a_group(writing, ADA, BEN)
        elsewhere = a_writing(another_process(network))
        await say(elsewhere, group, BEN)
        await asyncio.gather(
            removes(writing, group, ADA, BEN), *(say(elsewhere, group, BEN) for _ in range(3)),
            return_exceptions=True,
        )  # fmt: skip
        messages = network.messages.of(group.id)
        assert [one.sequence for one in messages] == list(range(1, len(messages) + 1))
        [removed] = [
            one.sequence for one in messages
            if one.notice and one.notice.kind is NoticeKind.REMOVED
        ]  # fmt: skip
        assert all(one.sequence < removed for one in messages if one.sender_id == BEN)


async def test_of_two_who_took_the_last_place_one_is_in() -> None:
    network = a_network(ADA, BEN)
    writing = a_writing(network)
    group = await a_group(writing, ADA, BEN)
    elsewhere = a_writing(another_process(network))
    await asyncio.gather(leaves(writing, group, ADA), leaves(elsewhere, group, BEN))
    last = network.messages.of(group.id)[-1]
    assert last.notice is not None
    assert last.notice.roster.member_ids == ()


async def test_who_dies_after_the_notice_has_done_it(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    await invites(writing, group, ADA, BEN)
    dying = another_process(network)
    await dying.conversations.get(group.id)
    dying.conversations.dies = True
    with pytest.raises(Crash):
        await accepts(a_writing(dying), group, BEN)
    assert network.conversations.all[group.id].member_ids == (ADA,)
    assert await seen(network, group, BEN) == [2]  # whoever reads next puts it right
    assert network.conversations.all[group.id].member_ids == (ADA, BEN)
    assert await listed(network, BEN) == (1, 0)
    await say(writing, group, BEN)


@pytest.mark.parametrize("dies_at", ["seats", "open", "notice", "lists"])
async def test_who_dies_while_opening_has_opened_nothing_or_all(
    network: FakeNetwork, dies_at: str
) -> None:
    dying = another_process(network)
    if dies_at == "lists":
        dying.conversations.dies = True
    else:
        dying.messages.failing = True
    asked = NewGroup("once", "Evening", (BEN,))
    with pytest.raises(Crash):
        await create_group(a_writing(dying), opener=ADA, asked=asked, at=NOW)
    network.messages.failing = False
    if dies_at != "lists":
        assert await listed(network, BEN) == await listed(network, ADA) == (0, 0)
    group = await create_group(a_writing(network), opener=ADA, asked=asked, at=NOW)
    assert await listed(network, BEN) == (0, 1)
    assert await listed(network, ADA) == (1, 0)
    assert await seen(network, group, ADA) == [1]


async def test_who_comes_in_while_she_is_taken_out_is_out(
    network: FakeNetwork, writing: Writing
) -> None:
    """Her invitation goes between her notice and her seat: whoever took it back was answered."""

    class Meanwhile(FakeSeats):
        """The invitation is taken back before Ben's own seat is stored."""

        taken = False

        async def of(self, conversation_id: UUID) -> Sequence[Seat]:
            notices = [one.notice for one in network.messages.of(conversation_id)]
            came = any(one and one.kind is NoticeKind.JOINED for one in notices)
            if came and not self.taken:
                self.taken = True
                before = self.all[conversation_id, BEN]
                self.all[conversation_id, BEN] = before.out(NOW)
            return await super().of(conversation_id)

    network = replace(network, sides=replace(network.sides, seats=Meanwhile()))
    writing = a_writing(network)
    group = await create_group(writing, opener=ADA, asked=NewGroup("g", "Ours", (BEN,)), at=NOW)
    with pytest.raises(ConversationNotFound):
        await accepts(writing, group, BEN)
    with pytest.raises(ConversationNotFound):
        await seen(network, group, BEN)
    last = network.messages.of(group.id)[-1].notice
    assert last is not None
    assert last.roster.member_ids == (ADA,)


async def test_lists_that_are_behind_let_nobody_read_who_was_taken_out(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    await say(writing, group, ADA)
    network.conversations.dies = True
    with pytest.raises(Crash):
        await removes(writing, group, ADA, BEN)
    network.conversations.dies = False
    assert BEN in network.conversations.all[group.id].member_ids
    found = await search(another_process(network), BEN, Query.of("you"), None, 9)
    assert found.messages == []
    assert BEN not in network.conversations.all[group.id].member_ids


@pytest.mark.parametrize("kind", ["pair", "group"])
async def test_sending_where_one_sent_before_reads_nothing_and_is_one_insert(kind: str) -> None:
    network = a_network(ADA, BEN)
    writing = a_writing(network)
    talk = a_conversation()
    if kind == "pair":
        await network.conversations.add([talk])
    else:
        talk = await a_group(writing, ADA, BEN)
    await say(writing, talk, BEN)
    asked: list[str] = []

    class Counting(FakeMessages):
        """Notes what it is asked."""

        def __getattribute__(self, name: str) -> Any:
            if name in ("tail", "after", "before", "add", "by_client_id", "get"):
                asked.append(name)
            return super().__getattribute__(name)

    counting = Counting()
    counting.all = network.messages.all
    network = replace(network, messages=counting)
    for _ in range(3):
        await say(replace(writing, network=network), talk, BEN)
    assert asked == ["add"] * 3
