"""Lines, subscriptions and who is told what."""

from __future__ import annotations

import asyncio
from uuid import UUID

from messaging.application.hub import (
    CLOCKS_DIFFER_SECONDS,
    Began,
    Hub,
    Kind,
    Line,
    News,
    NotBegun,
    Owned,
    Said,
    Told,
)
from messaging.application.looking_on import ends_of, typing_in
from messaging.application.tails import Tails
from messaging.domain.slots import SLOTS, slot_of

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
from services.messaging.tests.fakes import a_network

TALK = UUID(int=77)
NEWS = News(NETWORK, TALK, (ADA, BEN), Kind.CONVERSATION)


async def said(line: Line) -> list[Said]:
    """What waits on a line, but for its first word."""
    return [one for one in await line.next() if not isinstance(one, Owned)]


async def test_each_line_is_told_once_for_all_who_are_subscribed_on_it() -> None:
    hub = Hub()
    both, one, none = hub.open(), hub.open(), hub.open()
    hub.subscribe(both, 1, (NETWORK, ADA))
    hub.subscribe(both, 2, (NETWORK, BEN))
    hub.subscribe(one, 1, (NETWORK, BEN))
    hub.subscribe(none, 1, (NETWORK, CAT))
    hub.subscribe(none, 2, (OTHER_NETWORK, ADA))
    hub.tell(NEWS)
    assert await said(both) == [Told((1, 2), NEWS)]
    assert await said(one) == [Told((1,), NEWS)]
    assert await said(none) == []


async def test_nobody_is_told_once_her_token_has_ended_and_her_gateway_asks_anew() -> None:
    now = [0.0]
    hub = Hub(lambda: now[0])
    line = hub.open()
    hub.subscribe(line, 1, (NETWORK, ADA), 10.0)
    hub.subscribe(line, 2, (NETWORK, BEN), 20.0)
    now[0] = 10.0 + CLOCKS_DIFFER_SECONDS
    hub.tell(NEWS)
    assert await said(line) == [Told((1, 2), NEWS)]
    now[0] += 1
    hub.tell(NEWS)
    assert await said(line) == [NotBegun(1, "UNAVAILABLE"), Told((2,), NEWS)]
    hub.subscribe(line, 1, (NETWORK, ADA), 100.0)
    hub.tell(NEWS)
    assert await said(line) == [Told((1, 2), NEWS)]


async def test_nobody_is_told_after_she_was_unsubscribed_or_her_line_closed() -> None:
    hub = Hub()
    line, closed = hub.open(), hub.open()
    hub.subscribe(line, 1, (NETWORK, ADA))
    hub.subscribe(closed, 1, (NETWORK, ADA))
    hub.unsubscribe(line, 1)
    hub.unsubscribe(line, 1)
    hub.close(closed)
    hub.tell(NEWS)
    assert await said(line) == []
    assert await closed.next() == []
    assert not hub.present(NETWORK, [ADA])


async def test_a_number_that_is_given_anew_belongs_to_the_newest() -> None:
    hub = Hub()
    line = hub.open()
    hub.subscribe(line, 1, (NETWORK, ADA))
    hub.subscribe(line, 1, (NETWORK, BEN))
    hub.tell(News(NETWORK, TALK, (ADA,), Kind.CONVERSATION))
    assert await said(line) == []
    hub.subscribe(line, 2, (NETWORK, BEN))  # and a member's newest number is hers
    hub.unsubscribe(line, 1)
    hub.tell(NEWS)
    assert await said(line) == [Told((2,), NEWS)]


async def test_a_gateway_that_reads_too_slowly_is_let_go() -> None:
    line = Line(most=2)
    for number in (1, 2):
        line.say(Began(number, ()))
    assert await line.next() == [Began(1, ()), Began(2, ())]
    for number in (1, 2, 3):
        line.say(Began(number, ()))
    assert await line.next() == []
    assert line.over


async def test_lines_hear_which_slots_are_here_and_that_the_instance_leaves() -> None:
    hub = Hub()
    early = hub.open()
    hub.own(frozenset({slot_of(ADA)}))
    late = hub.open()
    assert await early.next() == [Owned(frozenset()), Owned(frozenset({slot_of(ADA)}))]
    assert await late.next() == [Owned(frozenset({slot_of(ADA)}))]
    assert hub.owns(ADA)
    waiting = asyncio.create_task(late.next())
    await asyncio.sleep(0)
    hub.leave()
    assert await waiting == []
    assert hub.open().over  # nor does a new one begin


async def test_a_message_that_was_told_when_it_was_stored_is_known() -> None:
    network, hub = a_network(ADA, BEN, CAT), Hub()
    conversation = a_conversation()
    await network.conversations.add([conversation])
    message = await send(network, Tails(), conversation_id=conversation.id, draft=a_draft())
    hub.arrived(NETWORK, conversation.member_ids, message)
    assert hub.told_lately(conversation.id, 1)
    assert not hub.told_lately(conversation.id, 2)


async def test_where_the_conversations_of_a_member_end() -> None:
    network = a_network(ADA, BEN, CAT)
    talk, silent, others = a_conversation(), a_conversation(ADA, CAT), a_conversation(BEN, CAT)
    await network.conversations.add([talk, silent, others])
    for text in ("one", "two"):
        await send(network, Tails(), conversation_id=talk.id, draft=a_draft(text=text))
    assert dict(await ends_of(network, ADA)) == {talk.id: 2, silent.id: 0}


async def test_who_is_writing_is_told_to_the_others_here_and_announced_elsewhere() -> None:
    network, hub = a_network(ADA, BEN, CAT), Hub()
    conversation = a_conversation()
    await network.conversations.add([conversation])
    line = hub.open()
    hub.subscribe(line, 1, (NETWORK, ADA))
    hub.subscribe(line, 2, (NETWORK, BEN))
    announced: list[News] = []

    async def announce(news: News) -> None:
        announced.append(news)

    news = News(NETWORK, conversation.id, (BEN,), Kind.TYPING, by=ADA)
    await typing_in(network, hub, announce, conversation.id, ADA)
    assert await said(line) == [Told((2,), news)]
    assert announced == [news]
    hub.own(frozenset(range(SLOTS)))
    await typing_in(network, hub, announce, conversation.id, ADA)
    assert announced == [news]  # nobody is elsewhere


async def test_who_takes_no_part_cannot_tell_anybody_that_she_is_writing() -> None:
    network, hub = a_network(ADA, BEN, CAT), Hub()
    conversation = a_conversation()
    await network.conversations.add([conversation])
    line = hub.open()
    hub.subscribe(line, 1, (NETWORK, ADA))

    async def announce(_news: News) -> None:
        raise AssertionError("nobody is to be told")

    for id in (conversation.id, TALK):
        await typing_in(network, hub, announce, id, CAT)
    assert await said(line) == []


def test_slots_are_the_same_for_ever() -> None:
    assert [slot_of(id) for id in (ADA, BEN, CAT)] == [108, 250, 89]
