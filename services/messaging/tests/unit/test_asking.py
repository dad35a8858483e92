"""Opening, asking, answering: what a member may write, and what she is told of the other's side."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from common.ids import new_id
from messaging.application import sides
from messaging.application.conversation_pages import requests, talks
from messaging.application.open_conversation import open_conversation
from messaging.application.ports_sides import Pair, Place, Tie
from messaging.application.shown import shown_to
from messaging.application.tails import Tails
from messaging.domain.contact import DEFAULT, WhoMayWrite
from messaging.domain.errors import AnswerAwaited
from messaging.domain.seat import MOST_ASKING, Seat, State

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_conversation,
    a_draft,
    access_of,
    send,
)
from services.messaging.tests.fakes import Crash, FakeNetwork
from services.messaging.tests.fakes import a_network as a_network_with
from services.messaging.tests.fakes_sides import FakeSeats

TALK = a_conversation().id
HELD = Tie(True, NOW, 1)


def a_network(*member_ids: UUID) -> FakeNetwork:
    """Nobody of these has said who may write to her."""
    return a_network_with(*member_ids, rule=DEFAULT)


async def opened(network: FakeNetwork, caller: UUID = ADA, peer: UUID = BEN) -> State:
    """How the caller finds the conversation she opens."""
    talk = await open_conversation(network, caller=caller, peer=peer, at=NOW)
    return (await shown_to(network, talk, caller, NOW)).state


async def write(network: FakeNetwork, sender: UUID, times: int = 1, client_id: str = "") -> None:
    for _ in range(times):
        draft = a_draft(sender, client_id=client_id)
        await send(network, Tails(), conversation_id=TALK, draft=draft)


async def lists(network: FakeNetwork, member_id: UUID) -> tuple[int, int]:
    """How many talks and how many requests she is shown."""
    found = [await of(network, member_id, None, 9, NOW) for of in (talks, requests)]
    return len(found[0].shown), len(found[1].shown)


async def test_who_is_connected_or_in_a_circle_with_her_writes_at_once() -> None:
    network = a_network(ADA, BEN, CAT)
    await network.sides.ties.take_pair(Pair(BEN, ADA), HELD)
    circle = new_id()
    for member_id in (ADA, CAT):
        await network.sides.ties.take_place(Place(circle, member_id), HELD)
    assert await opened(network) is State.OPEN
    assert await opened(network, ADA, CAT) is State.OPEN
    assert await opened(network, BEN, CAT) is State.REQUESTED
    await write(network, ADA, 9)
    assert await lists(network, BEN) == (2, 0)


async def test_who_asks_writes_three_messages_and_no_more_until_she_accepts() -> None:
    network = a_network(ADA, BEN)
    assert await opened(network) is State.REQUESTED
    assert await lists(network, BEN) == (0, 0)  # nobody wrote yet
    await write(network, ADA, MOST_ASKING - 1)
    await write(network, ADA, client_id="last")
    assert await lists(network, BEN) == (0, 1)
    assert await lists(network, ADA) == (1, 0)
    with pytest.raises(AnswerAwaited):
        await write(network, ADA)
    await write(network, ADA, client_id="last")  # the same again is no fourth
    await sides.accept(network, access_of(BEN), TALK, NOW)
    await write(network, ADA, 2)
    assert await lists(network, BEN) == (1, 0)
    assert await opened(network) is State.OPEN


async def test_many_at_once_do_not_make_a_request_longer() -> None:
    network, tails = a_network(ADA, BEN), [Tails(), Tails()]
    await opened(network)
    tries = [
        send(network, tails[number % 2], conversation_id=TALK, draft=a_draft(ADA))
        for number in range(10)
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert len([one for one in done if isinstance(one, AnswerAwaited)]) == 10 - MOST_ASKING
    assert len(network.messages.of(TALK)) == MOST_ASKING


@pytest.mark.parametrize("answer", ["writes", "opens"])
async def test_who_writes_back_or_opens_it_has_agreed(answer: str) -> None:
    network = a_network(ADA, BEN)
    await opened(network)
    await write(network, ADA)
    if answer == "writes":
        await write(network, BEN)
    else:
        assert await opened(network, BEN, ADA) is State.OPEN
    await write(network, ADA, 5)
    assert await lists(network, BEN) == (1, 0)


async def test_two_who_ask_each_other_at_once_have_both_agreed() -> None:
    network = a_network(ADA, BEN)
    await asyncio.gather(opened(network), opened(network, BEN, ADA))
    assert await opened(network) is State.OPEN
    await write(network, ADA, 5)


async def test_of_a_yes_both_are_told_at_once_and_of_everything_else_she_alone() -> None:
    network = a_network(ADA, BEN)
    seats = network.sides.seats
    assert isinstance(seats, FakeSeats)
    await opened(network)
    await write(network, ADA)
    assert seats.told == []
    await sides.decline(network, access_of(BEN), TALK, NOW)
    await sides.mute(network, access_of(BEN), TALK, None, NOW)
    assert seats.told == [{BEN}, {BEN}]
    await sides.accept(network, access_of(BEN), TALK, NOW)
    await sides.accept(network, access_of(BEN), TALK, NOW)
    await sides.leave(network, access_of(BEN), TALK, NOW)
    assert seats.told[2:] == [{ADA, BEN}, {BEN}]


async def test_who_died_while_opening_has_not_got_around_asking() -> None:
    class Dying(FakeSeats):
        async def add(self, seat: Seat) -> bool:
            if seat.member_id == BEN and not self.all.get((TALK, BEN)) and self.dies:
                self.dies = False
                raise Crash
            return await super().add(seat)

        dies = True

    network = a_network(ADA, BEN)
    network = replace(network, sides=replace(network.sides, seats=Dying()))
    with pytest.raises(Crash):
        await opened(network)
    assert await network.conversations.get(TALK) is None
    assert await opened(network) is State.REQUESTED
    assert await opened(network) is State.REQUESTED


async def test_who_declined_is_asked_no_more_and_can_change_her_mind() -> None:
    network = a_network(ADA, BEN)
    await opened(network)
    await write(network, ADA)
    await sides.decline(network, access_of(BEN), TALK, NOW)
    assert await opened(network) is State.REQUESTED
    assert await lists(network, BEN) == (0, 0)
    await sides.accept(network, access_of(BEN), TALK, NOW)
    assert await opened(network) is State.OPEN


async def test_who_may_write_by_now_need_not_ask_any_more() -> None:
    network = a_network(ADA, BEN)
    await network.sides.rules.set(BEN, WhoMayWrite.NOBODY, NOW)
    assert await opened(network) is State.REQUESTED
    await write(network, ADA)
    assert await lists(network, BEN) == (0, 0)
    await network.sides.rules.set(BEN, WhoMayWrite.CONNECTIONS, NOW)
    assert await opened(network) is State.REQUESTED
    assert await lists(network, BEN) == (0, 1)
    await network.sides.ties.take_pair(Pair(ADA, BEN), HELD)
    assert await opened(network) is State.OPEN


async def test_a_conversation_of_before_is_open_to_both() -> None:
    network = a_network(ADA, BEN)
    await network.conversations.add([a_conversation()])
    for member_id in (ADA, BEN):
        await write(network, member_id, 5)
        assert await lists(network, member_id) == (1, 0)


async def test_who_left_finds_it_again_when_somebody_writes() -> None:
    network = a_network(ADA, BEN)
    await network.conversations.add([a_conversation()])
    await write(network, ADA)
    await sides.leave(network, access_of(BEN), TALK, NOW)
    assert await lists(network, BEN) == (0, 0)
    assert await lists(network, ADA) == (1, 0)
    await write(network, ADA)
    assert await lists(network, BEN) == (1, 0)


async def test_pages_leave_out_what_is_not_hers_to_see_and_miss_nothing() -> None:
    network = a_network(ADA, BEN, CAT)
    peers = [new_id() for _ in range(9)]
    for number, peer in enumerate(peers):
        await network.members.add(peer)
        rule = WhoMayWrite.NETWORK if number % 3 else WhoMayWrite.CIRCLES
        await network.sides.rules.set(ADA, rule, NOW)
        talk = await open_conversation(network, caller=peer, peer=ADA, at=NOW)
        await send(network, Tails(), conversation_id=talk.id, draft=a_draft(peer))
    for of, count in ((talks, 6), (requests, 3)):
        seen: list[UUID] = []
        rest = None
        while True:
            page = await of(network, ADA, rest, 2, NOW)
            assert len(page.shown) <= 2
            seen += [shown.conversation.id for shown in page.shown]
            rest = page.rest
            if rest is None:
                break
        assert len(seen) == len(set(seen)) == count
