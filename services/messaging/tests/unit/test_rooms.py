"""The room of a circle: who is in the circle is in it, whatever is heard when."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from common.ids import named_id, new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.application import host_group, taking_part
from messaging.application.conversation_pages import talks
from messaging.application.hub import News
from messaging.application.looking_on import typing_in
from messaging.application.ports_sides import Place, Tie
from messaging.application.reading import readings
from messaging.application.rooms import create_room, sync_room, sync_rooms_of
from messaging.domain.conversation import ConversationKind
from messaging.domain.errors import (
    CircleNotFound,
    ConversationNotFound,
    ConversationNotRequested,
    GroupFull,
    NotAGroup,
)
from messaging.domain.mark import Mark
from messaging.domain.roster import MOST_IN_ROOM

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NETWORK,
    NOW,
    a_draft,
    a_writing,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network, another_process
from services.messaging.tests.unit.test_groups import seen
from services.messaging.tests.unit.test_hearing import looked_on

CIRCLE = UUID("01900000-0000-7000-8000-0000000000c0")
ROOM = named_id(NETWORK, "room", CIRCLE)


async def place(
    network: FakeNetwork, member_id: UUID, holds: bool = True, version: int = 1
) -> None:
    await network.sides.ties.take_place(Place(CIRCLE, member_id), Tie(holds, NOW, version))


async def in_circle(*member_ids: UUID) -> FakeNetwork:
    network = a_network(ADA, BEN, CAT)
    for member_id in member_ids:
        await place(network, member_id)
    return network


async def test_all_of_a_circle_are_in_its_room_and_come_and_go_with_it() -> None:
    network = await in_circle(ADA, BEN)
    writing = a_writing(network)
    room = await create_room(writing, caller=ADA, circle_id=CIRCLE, at=NOW)
    again = await create_room(a_writing(another_process(network)), caller=BEN, circle_id=CIRCLE,
                              at=NOW)  # fmt: skip
    assert again.id == room.id == ROOM
    assert (room.kind, room.roster.host_ids, room.circle_id) == (ConversationKind.ROOM, (), CIRCLE)
    await send(network, writing.tails, conversation_id=ROOM, draft=a_draft(BEN))
    await place(network, CAT)
    await sync_room(writing, CIRCLE, NOW)
    await sync_room(writing, CIRCLE, NOW)
    assert await seen(network, room, CAT) == [3]
    await place(network, ADA, holds=False, version=2)
    await sync_room(writing, CIRCLE, NOW)
    with pytest.raises(ConversationNotFound):
        await seen(network, room, ADA)
    assert await seen(network, room, BEN) == [1, 2, 3, 4]


async def test_a_room_that_nobody_opened_is_none() -> None:
    network = await in_circle(ADA)
    await sync_room(a_writing(network), CIRCLE, NOW)
    assert network.messages.all == []
    for who, circle in ((BEN, CIRCLE), (ADA, new_id())):
        with pytest.raises(CircleNotFound):
            await create_room(a_writing(network), caller=who, circle_id=circle, at=NOW)
    assert network.conversations.all == {}


async def test_who_is_heard_of_later_comes_in_then() -> None:
    network = await in_circle(ADA)
    dan, writing = new_id(), a_writing(network)
    await create_room(writing, caller=ADA, circle_id=CIRCLE, at=NOW)
    await place(network, dan)
    await sync_room(writing, CIRCLE, NOW)
    assert network.conversations.all[ROOM].member_ids == (ADA,)
    await network.members.add(dan)
    await sync_rooms_of(writing, dan, NOW)
    assert network.conversations.all[ROOM].member_ids == (ADA, dan)


async def test_a_room_has_no_hosts_and_nobody_is_invited_or_removed() -> None:
    network = await in_circle(ADA, BEN)
    writing = a_writing(network)
    await create_room(writing, caller=ADA, circle_id=CIRCLE, at=NOW)
    access = access_of(ADA, "InviteMembers", "GroupService")
    for attempt in (
        host_group.invite_members(writing, access, ROOM, [CAT], NOW),
        host_group.remove_member(writing, access, ROOM, BEN, NOW),
        host_group.rename_group(writing, access, ROOM, "Ours", NOW),
        host_group.add_host(writing, access, ROOM, BEN, NOW),
    ):
        with pytest.raises(NotAGroup):
            await attempt
    declining = access_of(ADA, "DeclineConversation", "SeatService")
    with pytest.raises(ConversationNotRequested):
        await taking_part.decline(writing, declining, ROOM, NOW)


async def test_leaving_a_room_takes_it_off_her_list_until_somebody_writes() -> None:
    network = await in_circle(ADA, BEN)
    writing = a_writing(network)
    room = await create_room(writing, caller=ADA, circle_id=CIRCLE, at=NOW)
    leaving = access_of(ADA, "LeaveConversation", "SeatService")
    await taking_part.leave(writing, leaving, ROOM, NOW)
    assert (await talks(network, ADA, None, 9, NOW)).shown == []
    assert await seen(network, room, ADA) == [1]
    await send(network, writing.tails, conversation_id=ROOM, draft=a_draft(BEN))
    assert len((await talks(network, ADA, None, 9, NOW)).shown) == 1


async def test_of_a_circle_too_large_for_a_room_who_comes_later_stays_out() -> None:
    many = sorted(new_id() for _ in range(MOST_IN_ROOM + 1))
    network = a_network(*many)
    writing = a_writing(network)
    for member_id in many[1:]:
        await place(network, member_id)
    room = await create_room(writing, caller=many[-1], circle_id=CIRCLE, at=NOW)
    await place(network, many[0])
    await sync_room(writing, CIRCLE, NOW)
    assert network.conversations.all[ROOM].member_ids == room.member_ids
    await place(network, many[5], holds=False, version=2)
    await sync_room(writing, CIRCLE, NOW)
    assert set(network.conversations.all[ROOM].member_ids) == set(many) - {many[5]}
    await place(network, many[5], version=3)
    same = await create_room(writing, caller=many[0], circle_id=CIRCLE, at=NOW)  # she is in it
    assert same.id == room.id
    with pytest.raises(GroupFull):
        await create_room(writing, caller=many[5], circle_id=CIRCLE, at=NOW)


async def test_in_a_room_nobody_is_told_how_far_others_are_or_that_they_write() -> None:
    network = await in_circle(ADA, BEN)
    room = await create_room(a_writing(network), caller=ADA, circle_id=CIRCLE, at=NOW)
    await network.marks.save(Mark(ROOM, BEN, 1, 1, 1), NOW, None)
    [reading] = await readings(network, ADA, [room])
    assert reading.receipts == []
    hub, line = looked_on()
    await line.next()

    async def announced(_: News) -> None:
        raise AssertionError("nobody is told that somebody writes in a room")

    await typing_in(network, hub, announced, ROOM, ADA)
    hub.leave()
    assert await line.next() == []


HEARD = st.lists(st.tuples(st.sampled_from([ADA, BEN, CAT]), st.integers(1, 6)), max_size=12)


@given(HEARD, st.integers(0, 12), st.booleans())
def test_a_room_ends_as_its_circle_whatever_is_heard_when_and_by_whom(
    heard: list[tuple[UUID, int]], opened_at: int, together: bool
) -> None:
    """Events come late, twice and in any order, through two processes, before and after the room is
    opened: at the end the room has who is in the circle."""
    asyncio.run(_converges(heard, opened_at, together))


async def _converges(heard: list[tuple[UUID, int]], opened_at: int, together: bool) -> None:
    network = await in_circle(ADA)
    both = [a_writing(network), a_writing(another_process(network))]

    async def hear(number: int, member_id: UUID, version: int) -> None:
        # a version of a place says one thing
        await place(network, member_id, holds=(version + member_id.int) % 2 == 0, version=version)
        await sync_room(both[number % 2], CIRCLE, NOW)

    async def opens() -> None:
        try:
            await create_room(both[0], caller=ADA, circle_id=CIRCLE, at=NOW)
        except CircleNotFound:
            return

    steps = [hear(number, *one) for number, one in enumerate(heard)]
    steps.insert(min(opened_at, len(steps)), opens())
    if together:
        await asyncio.gather(*steps)
    else:
        for step in steps:
            await step
    room = network.conversations.all.get(ROOM)
    if room is not None:
        assert set(room.member_ids) == set(await network.sides.ties.members_in(CIRCLE, 9))
    messages = network.messages.of(ROOM)
    assert [one.sequence for one in messages] == list(range(1, len(messages) + 1))
