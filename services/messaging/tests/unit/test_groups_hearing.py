"""Blocks in a group: of whom somebody blocks she hears nothing, by any door, and others all."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from kith.messaging.events.v1.delivery_events_pb2 import DELIVERY_KIND_CONVERSATION, DeliveryDue
from messaging.adapters.notice_events import noticed
from messaging.application import taking_part
from messaging.application.blocking import block, unblock
from messaging.application.change_message import change_message
from messaging.application.conversation_pages import requests
from messaging.application.create_group import NewGroup, create_group
from messaging.application.host_group import add_host
from messaging.application.hub import Hub, Kind, Line, News, Told
from messaging.application.looking_on import ends_of, typing_in
from messaging.application.move_position import move_position
from messaging.application.noting import Writing
from messaging.application.queries import messages_after
from messaging.application.react import react
from messaging.application.reading import readings, total_unread
from messaging.application.search import search
from messaging.application.send_message import send_message
from messaging.application.withholding import Withheld, told_of
from messaging.domain.changing import edited
from messaging.domain.contact import WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.domain.errors import MessageNotFound
from messaging.domain.message import Message, Placed
from messaging.domain.reaction import ReactionKind
from messaging.domain.searching import Query

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    NETWORK,
    NOW,
    a_draft,
    a_group,
    a_writing,
    access_of,
)
from services.messaging.tests.fakes import Crash, FakeMessages, FakeNetwork, a_network
from services.messaging.tests.fakes_sides import FakeSeats
from services.messaging.tests.unit.test_groups import invites, leaves, removes


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def writing(network: FakeNetwork, hub: Hub) -> Writing:
    return a_writing(network, hub=hub)


@pytest.fixture
async def group(writing: Writing) -> Conversation:
    """Ada hosts, Ben and Cat are in it, and Cat blocks Ben after an hour."""
    group = await a_group(writing, ADA, BEN, CAT)
    await block(writing.network, caller=CAT, blocked=BEN, at=NOW + HOUR)
    return group


@pytest.fixture
def line(hub: Hub) -> Line:
    """Ada, Ben and Cat look on as 1, 2 and 3."""
    line = hub.open()
    for number, member_id in enumerate((ADA, BEN, CAT), start=1):
        hub.subscribe(line, number, (NETWORK, member_id))
    return line


async def heard(line: Line) -> list[tuple[tuple[int, ...], Kind]]:
    """Who was told of what since the last time."""
    said = await line.next()
    return [(tuple(sorted(one.numbers)), one.news.kind) for one in said if isinstance(one, Told)]


class Keeping(FakeMessages):
    """Keeps how messages were placed."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: list[Placed] = []

    async def add(self, conversation: Conversation, placed: Placed) -> None:
        await super().add(conversation, placed)
        self.placed.append(placed)


async def says(
    writing: Writing, group: Conversation, who: UUID, text: str = "a word", hour: int = 2
) -> Message:
    draft, access = a_draft(who, text, at=NOW + hour * HOUR), access_of(who, "SendMessage")
    return await send_message(
        writing.network, writing.tails, writing.hub, access, conversation_id=group.id, draft=draft
    )


async def test_by_no_door_she_hears_whom_she_blocks(
    network: FakeNetwork, writing: Writing, group: Conversation
) -> None:
    bens, adas = await says(writing, group, BEN), await says(writing, group, ADA)
    pages = {
        who: (await messages_after(network, group.id, access_of(who), 3, 9))[0]
        for who in (ADA, BEN, CAT)
    }
    assert pages[ADA] == pages[BEN] == [bens, adas]
    assert pages[CAT] == [Withheld(group.id, 4), adas]
    assert (await total_unread(network, CAT)).unread.count == 1
    assert (await total_unread(network, ADA)).unread.count == 1
    for who, count in ((CAT, 1), (ADA, 2)):
        assert len((await search(network, who, Query.of("word"), None, 9)).messages) == count
    adding = access_of(CAT, "AddReaction", "WordsService")
    hug = ReactionKind.HUG
    with pytest.raises(MessageNotFound):
        await react(network, adding, conversation_id=group.id, message_id=bens.id, kind=hug, at=NOW)
    by_ben = access_of(BEN, "AddReaction", "WordsService")
    await react(network, by_ben, conversation_id=group.id, message_id=adas.id, kind=hug, at=NOW)
    [cats] = (await messages_after(network, group.id, access_of(CAT), 4, 9))[0]
    assert isinstance(cats, Message)
    assert cats.reactions == ()
    moving = access_of(BEN, "MovePosition", "ReceiptService")
    await move_position(
        network, moving, conversation_id=group.id, delivered=5, read=5, at=NOW + 3 * HOUR
    )
    now = await network.conversations.get(group.id)
    assert now is not None
    receipts = [
        [one.member_id for one in reading.receipts]
        for who in (ADA, CAT)
        for reading in await readings(network, who, [now])
    ]
    assert receipts == [[BEN, CAT], [ADA]]


async def test_what_somebody_wrote_who_left_stays_withheld(
    network: FakeNetwork, writing: Writing, group: Conversation
) -> None:
    await says(writing, group, BEN)
    await leaves(writing, group, BEN)
    await unblock(network, caller=CAT, blocked=BEN, at=NOW + 9 * HOUR)
    found = (await messages_after(network, group.id, access_of(CAT), 3, 9))[0]
    assert [isinstance(one, Withheld) for one in found] == [True, False]  # he left at NOW
    assert (await total_unread(network, CAT)).unread.count == 0


async def test_who_looks_on_is_told_at_once_of_whom_she_hears(
    network: FakeNetwork, writing: Writing, group: Conversation, line: Line
) -> None:
    await line.next()
    await says(writing, group, BEN)
    assert await heard(line) == [((1, 2), Kind.ARRIVED)]
    await says(writing, group, ADA)
    assert await heard(line) == [((1, 2, 3), Kind.ARRIVED)]

    async def elsewhere(_: News) -> None:
        return

    await typing_in(network, writing.hub, elsewhere, group.id, BEN)
    assert await heard(line) == [((1,), Kind.TYPING)]
    assert await ends_of(network, CAT) == [(group.id, 5)]


async def test_who_comes_and_goes_is_told_to_those_in_it_and_to_her(
    writing: Writing, line: Line
) -> None:
    group = await a_group(writing, ADA, CAT)
    await line.next()
    await invites(writing, group, ADA, BEN)
    await taking_part.accept(writing, access_of(BEN), group.id, NOW)
    assert await heard(line) == [((1, 2, 3), Kind.ARRIVED), ((2,), Kind.CONVERSATION)]
    await removes(writing, group, ADA, BEN)
    assert await heard(line) == [((1, 3), Kind.ARRIVED), ((1, 2), Kind.CONVERSATION)]
    await says(writing, group, CAT)
    assert await heard(line) == [((1, 3), Kind.ARRIVED)]
    assert await ends_of(writing.network, BEN) == []


async def test_a_change_of_what_was_said_before_she_came_is_not_told_to_her(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    message = await says(writing, group, ADA, hour=0)
    await invites(writing, group, ADA, BEN)
    group = await taking_part.accept(writing, access_of(BEN), group.id, NOW)
    access = access_of(ADA, "EditMessage", "WordsService")
    after = await change_message(
        network, access, conversation_id=group.id, message_id=message.id,
        change=lambda one: edited(one, "other words", NOW),
    )  # fmt: skip
    assert group.shown(message.sequence) == (ADA,)
    assert [who for who, _ in await told_of(network, group, [BEN, ADA], after, ADA)] == [(ADA,)]


async def test_an_invitation_by_or_to_whom_she_blocks_is_on_no_list(
    network: FakeNetwork, writing: Writing
) -> None:
    by_ben = await a_group(writing, BEN)
    await invites(writing, by_ben, BEN, CAT)
    hosted = await a_group(writing, BEN, ADA)
    access = access_of(BEN, "AddHost", "GroupService")
    await add_host(writing, access, hosted.id, ADA, NOW)
    await invites(writing, hosted, ADA, CAT)
    assert len((await requests(network, CAT, None, 9, NOW)).shown) == 2
    await block(network, caller=CAT, blocked=BEN, at=NOW)
    assert (await requests(network, CAT, None, 9, NOW)).shown == []
    await leaves(writing, hosted, BEN)
    [shown] = (await requests(network, CAT, None, 9, NOW)).shown
    assert shown.inviter_id == ADA


async def test_an_invitation_is_told_to_her_devices_unless_she_is_to_hear_nothing_of_it(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    seats = network.sides.seats
    assert isinstance(seats, FakeSeats)
    before = len(seats.told)
    await invites(writing, group, ADA, BEN)
    await invites(writing, group, ADA, BEN)
    await block(network, caller=CAT, blocked=ADA, at=NOW)
    await invites(writing, group, ADA, CAT)
    await removes(writing, group, ADA, CAT)
    await network.sides.rules.set(CAT, WhoMayWrite.NOBODY, NOW)
    await unblock(network, caller=CAT, blocked=ADA, at=NOW)
    await invites(writing, group, ADA, CAT)
    await taking_part.decline(writing, access_of(BEN), group.id, NOW)
    await removes(writing, group, ADA, BEN)
    await invites(writing, group, ADA, BEN)
    told = [one for one in seats.told[before:] if one]
    assert told == [{BEN}, {BEN}]  # asked, and declined by himself


async def test_who_is_asked_into_a_new_group_is_told_once_there_is_one(
    network: FakeNetwork, writing: Writing, line: Line
) -> None:
    seats, messages = network.sides.seats, Keeping()
    assert isinstance(seats, FakeSeats)
    network = replace(network, messages=messages)
    writing = replace(writing, network=network)
    await block(network, caller=CAT, blocked=ADA, at=NOW)
    asked = NewGroup("new", "Ours", (BEN, CAT))
    messages.failing = True
    with pytest.raises(Crash):
        await create_group(writing, opener=ADA, asked=asked, at=NOW)
    await line.next()
    messages.failing = False
    group = await create_group(writing, opener=ADA, asked=asked, at=NOW)
    await create_group(writing, opener=ADA, asked=asked, at=NOW)
    assert seats.told == [set(), set()]
    assert await heard(line) == [((1,), Kind.ARRIVED), ((1, 2), Kind.CONVERSATION)]
    [opened] = messages.placed
    events = [one.message for one in noticed(NETWORK, group, opened)]
    dues = [one for one in events if isinstance(one, DeliveryDue)]
    told = {one for due in dues for one in due.member_ids if due.kind == DELIVERY_KIND_CONVERSATION}
    assert told == {str(ADA), str(BEN)}


async def test_of_an_invitation_that_is_on_no_list_no_device_is_told_that_it_was_taken_back(
    network: FakeNetwork, writing: Writing
) -> None:
    """Whose it is she blocks, though not who takes it back."""
    group = await a_group(writing, ADA, BEN)
    await add_host(writing, access_of(ADA, "AddHost", "GroupService"), group.id, BEN, NOW)
    seats = network.sides.seats
    assert isinstance(seats, FakeSeats)
    await block(network, caller=CAT, blocked=BEN, at=NOW)
    before = len(seats.told)
    await invites(writing, group, BEN, CAT)
    await removes(writing, group, ADA, CAT)
    await unblock(network, caller=CAT, blocked=BEN, at=NOW)
    await invites(writing, group, BEN, CAT)
    await removes(writing, group, ADA, CAT)
    assert seats.told[before:] == [set(), set(), {CAT}, {CAT}]
