"""Unread counts against a model that looks at everything: whatever was sent, deleted, erased and
read in between."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.move_position import move_position
from messaging.application.reading import (
    MOST_UNREAD,
    WINDOW,
    readings,
    total_unread,
)
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.mark import Unread
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_conversation,
    a_draft,
    a_placed,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network

TALKS = [a_conversation(ADA, BEN), a_conversation(ADA, CAT)]
GONE = UUID(int=9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 1), st.integers(0, 1)),
        st.tuples(st.just("read"), st.integers(0, 1), st.integers(0, 30)),
        st.tuples(st.just("delete"), st.integers(0, 1), st.integers(0, 30)),
        st.tuples(st.just("erase"), st.just(1), st.just(0)),
    ),
    max_size=40,
)


def wordless(network: FakeNetwork, at: int, sender_id: UUID) -> None:
    """Only the place is left."""
    network.messages.all[at] = replace(network.messages.all[at], text="", sender_id=sender_id)


def naive(network: FakeNetwork, talk: Conversation, read: int) -> int:
    """What Ada has not read."""
    return sum(
        one.sequence > read and one.sender_id != ADA and one.text != ""
        for one in network.messages.of(talk.id)
    )


async def does(network: FakeNetwork, tails: Tails, step: tuple[str, int, int]) -> None:
    what, which, number = step
    talk, all = TALKS[which], network.messages.all
    if what == "send":
        sender = (ADA, talk.peers_of(ADA)[0])[number]
        await send(network, tails, conversation_id=talk.id, draft=a_draft(sender))
    elif what == "read":
        last = len(network.messages.of(talk.id))
        await move_position(
            network, access_of(ADA, "MovePosition", "ReceiptService"), conversation_id=talk.id,
            delivered=0, read=min(number, last), at=NOW,
        )  # fmt: skip
    elif what == "delete" and all:
        wordless(network, number % len(all), all[number % len(all)].sender_id)
    elif what == "erase":
        for at, one in enumerate(all):
            if one.sender_id == CAT:
                wordless(network, at, GONE)


@given(STEPS)
@pytest.mark.asyncio(loop_scope="function")
async def test_the_counts_are_those_of_who_looks_at_everything(
    steps: list[tuple[str, int, int]],
) -> None:
    network, tails = a_network(ADA, BEN, CAT), Tails()
    await network.conversations.add(TALKS)
    read = [0, 0]
    for step in steps:
        await does(network, tails, step)
        if step[0] == "read":
            last = len(network.messages.of(TALKS[step[1]].id))
            read[step[1]] = max(read[step[1]], min(step[2], last))
        found = await readings(network, ADA, TALKS)
        counts = [naive(network, *each) for each in zip(TALKS, read, strict=True)]
        assert [one.unread for one in found] == [Unread(count) for count in counts]
        total = await total_unread(network, ADA)
        assert total.unread == Unread(sum(counts))
        assert total.conversations == sum(map(bool, counts))


async def a_long_talk(senders: list[UUID]) -> FakeNetwork:
    network, tail = a_network(ADA, BEN), None
    await network.conversations.add(TALKS[:1])
    made: list[Message] = []
    for sender in senders:
        made.append(a_placed(a_draft(sender), TALKS[0], tail).message)
        tail = made[-1].tail
    network.messages.all += made
    return network


@pytest.mark.parametrize(
    "senders, told",
    [
        ([BEN] * MOST_UNREAD, Unread(MOST_UNREAD)),
        ([BEN] * (MOST_UNREAD + 1), Unread(MOST_UNREAD, more=True)),
        ([ADA] * (WINDOW - 1) + [BEN], Unread(1)),
        ([ADA] * WINDOW + [BEN], Unread(0, more=True)),
    ],
    ids=["most", "more", "window", "beyond"],
)
async def test_beyond_its_bounds_a_count_says_that_there_may_be_more(
    senders: list[UUID], told: Unread
) -> None:
    network = await a_long_talk(senders)
    [reading] = await readings(network, ADA, TALKS[:1])
    assert reading.unread == told
    assert (await total_unread(network, ADA)).unread == told
