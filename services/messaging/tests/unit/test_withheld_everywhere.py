"""What is withheld stays so by every door: answers of what one does, edits, counts; and who asks
finds no sign of the other before there is a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from uuid import UUID

import pytest
from messaging.application import sides
from messaging.application.blocking import block, unblock
from messaging.application.change_message import change_message
from messaging.application.hub import Hub
from messaging.application.looking_on import typing_in
from messaging.application.move_position import move_position
from messaging.application.open_conversation import open_conversation
from messaging.application.queries import messages_after
from messaging.application.react import react, unreact
from messaging.application.reading import readings, total_unread
from messaging.application.send_message import send_message
from messaging.application.tails import Tails
from messaging.application.withholding import Withheld, told_of
from messaging.domain.changing import edited
from messaging.domain.contact import WhoMayWrite
from messaging.domain.errors import MessageNotFound
from messaging.domain.mark import Mark, Unread
from messaging.domain.message import Message
from messaging.domain.reaction import Reaction, ReactionKind
from messaging.domain.seat import Standing

from services.messaging.tests.builders import (
    ADA,
    BEN,
    HOUR,
    NETWORK,
    NOW,
    a_conversation,
    a_draft,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network
from services.messaging.tests.unit.test_hearing import looked_on, told

TALK = a_conversation().id
HUG, HEART = ReactionKind.HUG, ReactionKind.HEART


@pytest.fixture
async def network() -> FakeNetwork:
    """Ada and Ben talk."""
    network = a_network(ADA, BEN)
    await network.conversations.add([a_conversation()])
    return network


class Noting(Hub):
    """Notes that it was asked who looks on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    def present(self, network_id: UUID, member_ids: Iterable[UUID]) -> bool:
        self.asked.set()
        return super().present(network_id, member_ids)


async def says(network: FakeNetwork, who: object, *, hour: int = 0) -> Message:
    draft = a_draft(ADA if who == ADA else BEN, at=NOW + hour * HOUR)
    return await send(network, Tails(), conversation_id=TALK, draft=draft)


async def reacts(
    network: FakeNetwork, message: Message, who: object, kind: ReactionKind = HUG
) -> Message:
    access = access_of(ADA if who == ADA else BEN, "AddReaction", "WordsService")
    return await react(
        network, access, conversation_id=TALK, message_id=message.id, kind=kind, at=NOW
    )


async def edits(network: FakeNetwork, message: Message, *, hour: int) -> Message:
    access = access_of(message.sender_id, "EditMessage", "WordsService")
    return await change_message(
        network, access, conversation_id=TALK, message_id=message.id,
        change=lambda one: edited(one, f"in hour {hour}", NOW + hour * HOUR),
    )  # fmt: skip


async def seen(network: FakeNetwork, who: object) -> list[Message | Withheld]:
    access = access_of(ADA if who == ADA else BEN)
    return list((await messages_after(network, TALK, access, 0, 9))[0])


async def test_nobody_reads_what_is_withheld_by_reacting_to_it(network: FakeNetwork) -> None:
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    message = await says(network, BEN, hour=1)
    for verb, name in ((react, "AddReaction"), (unreact, "RemoveReaction")):
        with pytest.raises(MessageNotFound):
            await verb(
                network, access_of(ADA, name, "WordsService"), conversation_id=TALK,
                message_id=message.id, kind=HUG, at=NOW,
            )  # fmt: skip
    assert network.messages.all[0].reactions == ()


async def test_no_answer_holds_reactions_of_who_is_not_heard(network: FakeNetwork) -> None:
    message = await says(network, ADA)
    await reacts(network, message, BEN)
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    mine = (Reaction(ADA, HEART),)
    assert (await reacts(network, message, ADA, HEART)).reactions == mine
    assert (await edits(network, message, hour=1)).reactions == mine
    draft = a_draft(ADA, client_id=message.client_message_id)
    assert (await send(network, Tails(), conversation_id=TALK, draft=draft)).reactions == mine
    assert len((await reacts(network, message, BEN, HEART)).reactions) == 3  # he sees all


async def test_other_words_given_while_she_does_not_hear_are_withheld(
    network: FakeNetwork,
) -> None:
    message = await says(network, BEN)
    await block(network, caller=ADA, blocked=BEN, at=NOW + HOUR)
    assert await seen(network, ADA) == [message]
    await edits(network, message, hour=2)
    assert await seen(network, ADA) == [Withheld(TALK, 1)]
    await unblock(network, caller=ADA, blocked=BEN, at=NOW + 3 * HOUR)
    assert await seen(network, ADA) == [Withheld(TALK, 1)]
    [reading] = await readings(network, ADA, [a_conversation()])
    assert reading.unread == Unread()
    [at_bens] = await seen(network, BEN)
    assert isinstance(at_bens, Message)
    assert at_bens.text == "in hour 2"


async def test_devices_are_told_of_a_message_as_its_reader_is_shown_it(
    network: FakeNetwork,
) -> None:
    conversation, both = a_conversation(), (ADA, BEN)
    message = await reacts(network, await says(network, ADA), BEN)
    assert await told_of(network, conversation, both, message, BEN) == [(both, message)]
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    assert await told_of(network, conversation, both, message, BEN) == [((BEN,), message)]
    bare, heard = await told_of(network, conversation, both, message, ADA)
    assert heard == ((BEN,), message)
    assert (bare[0], bare[1].reactions) == ((ADA,), ())


async def test_who_asks_finds_no_receipt_and_nobody_typing_before_a_yes() -> None:
    network, (hub, line) = a_network(ADA, BEN, rule=WhoMayWrite.CIRCLES), looked_on()
    talk = await open_conversation(network, caller=BEN, peer=ADA, at=NOW)
    await says(network, BEN)

    async def announced(_: object) -> None:
        raise AssertionError("nobody is told")

    async def moves(read: int) -> None:
        access = access_of(ADA, "MovePosition", "ReceiptService")
        await move_position(
            network, access, conversation_id=talk.id, delivered=0, read=read, at=NOW
        )

    await moves(1)
    await typing_in(network, hub, announced, talk.id, ADA)
    assert network.marks.told == [{ADA}]
    [reading] = await readings(network, BEN, [talk])
    assert list(reading.receipts) == [Mark(talk.id, ADA)]
    hub.leave()
    assert await told(line) == []
    await sides.accept(network, access_of(ADA), talk.id, NOW)
    [reading] = await readings(network, BEN, [talk])
    assert [one.read for one in reading.receipts] == [1]


@pytest.mark.parametrize("first", [ADA, BEN])
async def test_of_two_who_open_it_at_once_nobody_is_asked_whoever_may_write_directly(
    first: UUID,
) -> None:
    network, conversation = a_network(ADA, BEN), a_conversation()
    await network.sides.rules.set(BEN, WhoMayWrite.CIRCLES, NOW)  # Ada would ask, Ben would not
    for who in (first, ADA if first == BEN else BEN):
        [peer] = conversation.peers_of(who)
        await sides.seat_both(network, conversation, who, peer, NOW)
    assert all(seat.agreed for seat in await network.sides.seats.of(TALK))


async def test_a_reaction_is_a_yes_as_words_are() -> None:
    network = a_network(ADA, BEN, rule=WhoMayWrite.CIRCLES)
    talk = await open_conversation(network, caller=BEN, peer=ADA, at=NOW)
    message = await says(network, BEN)
    await reacts(network, message, BEN)
    seats = {seat.member_id: seat.standing for seat in await network.sides.seats.of(talk.id)}
    assert seats == {ADA: Standing.ASKED, BEN: Standing.ACCEPTED}
    await reacts(network, message, ADA)
    assert all(seat.agreed for seat in await network.sides.seats.of(talk.id))


async def test_what_she_left_counts_no_more_until_somebody_writes(network: FakeNetwork) -> None:
    await says(network, BEN)
    assert (await total_unread(network, ADA)).unread == Unread(1)
    await sides.leave(network, access_of(ADA), TALK, NOW)
    assert (await total_unread(network, ADA)).unread == Unread()
    await says(network, BEN)
    assert (await total_unread(network, ADA)).unread == Unread(2)


async def test_who_begins_to_look_on_while_a_message_is_stored_hears_nobody_she_blocks(
    network: FakeNetwork,
) -> None:
    hub = Noting()
    line = hub.open()
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    tails = Tails()
    async with tails.hold(TALK):  # it waits for its place
        sending = asyncio.create_task(
            send_message(
                network,
                tails,
                hub,
                access_of(BEN, "SendMessage"),
                conversation_id=TALK,
                draft=a_draft(BEN, at=NOW + HOUR),
            )
        )
        await hub.asked.wait()
        hub.subscribe(line, 1, (NETWORK, ADA))
        hub.subscribe(line, 2, (NETWORK, BEN))
    await sending
    assert [numbers for numbers, _ in await told(line)] == [(2,)]
