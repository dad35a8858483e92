"""What is left of somebody in groups once she is erased, and what an export tells her of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from messaging.adapters.conversation_keys import DESTROYED
from messaging.adapters.erasing import STEPS
from messaging.adapters.mongo import Networks
from messaging.application import host_group, taking_part
from messaging.application.blocking import block
from messaging.application.noting import Writing
from messaging.application.ports_sides import Place, Tie
from messaging.application.react import react
from messaging.application.rooms import create_room, sync_room
from messaging.application.shown import shown_to
from messaging.domain.conversation import Conversation
from messaging.domain.reaction import ReactionKind

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
    send,
)
from services.messaging.tests.keys import FakeKeys
from services.messaging.tests.service.test_exporting import MASTER_KEYS, told

TITLE = "What only we call it"


@pytest.fixture
def master_keys() -> FakeKeys:
    return MASTER_KEYS


@pytest.fixture
async def writing(networks: Networks) -> Writing:
    for member_id in (ADA, BEN, CAT):
        await networks.members(NETWORK).add(member_id)
    return a_writing(networks.of(NETWORK))


@pytest.fixture
def eraser(networks: Networks, database: Database) -> Eraser:
    return Eraser("messaging", database, STEPS, SystemClock())


async def say(writing: Writing, group: Conversation, who: UUID, text: str) -> None:
    draft = a_draft(who, text)
    await send(writing.network, writing.tails, conversation_id=group.id, draft=draft)


async def leaves(writing: Writing, group: Conversation, who: UUID) -> None:
    access = access_of(who, "LeaveConversation", "SeatService")
    await taking_part.leave(writing, access, group.id, NOW)


async def everything(database: Database) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in ("conversations", "messages", "seats", "circle_places", "marks"):
        found += await database.unscoped(name).find({}, {"outbox": 0}).to_list(None)
    return found


async def a_life(writing: Writing) -> list[Conversation]:
    """Ada hosts a group, was in another, is asked into a third, and is in a room."""
    hosted = await a_group(writing, ADA, BEN, CAT, title=TITLE)
    await say(writing, hosted, ADA, "hers")
    await say(writing, hosted, BEN, "of Ben")
    was_in = await a_group(writing, BEN, ADA)
    await say(writing, was_in, ADA, "of then")
    await leaves(writing, was_in, ADA)
    asked = await a_group(writing, CAT)
    access = access_of(CAT, "InviteMembers", "GroupService")
    await host_group.invite_members(writing, access, asked.id, [ADA], NOW)
    circle = new_id()
    for member_id in (ADA, BEN):
        await writing.network.sides.ties.take_place(Place(circle, member_id), Tie(True, NOW, 1))
    room = await create_room(writing, caller=ADA, circle_id=circle, at=NOW)
    await say(writing, room, ADA, "in the room")
    return [hosted, was_in, asked, room]


async def test_she_goes_from_all_groups_and_is_named_nowhere(
    writing: Writing, networks: Networks, eraser: Eraser, database: Database
) -> None:
    hosted, was_in, asked, room = await a_life(writing)
    erasure_id = new_id()
    receipt = await eraser.erase(NETWORK, ADA, erasure_id)
    assert await eraser.erase(NETWORK, ADA, erasure_id) == receipt
    assert receipt.counts["conversations"].anonymised == 3
    for document in await everything(database):
        assert str(ADA) not in str(document)
    networks.forget(NETWORK)
    network, after = networks.of(NETWORK), a_writing(networks.of(NETWORK))
    for group, members in ((hosted, {BEN, CAT}), (was_in, {BEN}), (asked, {CAT}), (room, {BEN})):
        [who, *_] = members
        known = await network.conversations.get(group.id)
        assert known is not None
        shown = await shown_to(network, known, who, NOW)
        assert set(shown.conversation.member_ids) == members
        assert list(shown.invited_ids) == []
        messages = await network.messages.after(group.id, 0, 99)
        assert [one.sequence for one in messages] == list(range(1, len(messages) + 1))
        assert {"hers", "of then", "in the room"}.isdisjoint(one.text for one in messages)
        await say(after, group, who, "it goes on")
    shown = await shown_to(network, hosted, BEN, NOW)
    assert shown.title == ""  # it was her word
    assert shown.conversation.roster.host_ids == (BEN,)
    texts = [one.text for one in await network.messages.after(hosted.id, 0, 99)]
    assert "of Ben" in texts


async def test_the_key_goes_with_the_last_who_was_ever_in_it(
    writing: Writing, eraser: Eraser, database: Database
) -> None:
    group = await a_group(writing, ADA, BEN)
    await leaves(writing, group, BEN)
    await leaves(writing, group, ADA)
    conversations = database.unscoped("conversations")
    for member_id, expected in ((ADA, False), (BEN, True)):
        await eraser.erase(NETWORK, member_id, new_id())
        stored = await conversations.find_one({"_id": group.id})
        assert stored is not None
        assert (stored["key_id"] == DESTROYED) is expected


async def test_the_room_of_a_circle_goes_on_when_all_who_were_in_it_have_gone(
    writing: Writing, networks: Networks, eraser: Eraser, database: Database
) -> None:
    circle = new_id()
    await writing.network.sides.ties.take_place(Place(circle, ADA), Tie(True, NOW, 1))
    room = await create_room(writing, caller=ADA, circle_id=circle, at=NOW)
    await say(writing, room, ADA, "hers")
    await eraser.erase(NETWORK, ADA, new_id())
    assert str(ADA) not in str(await everything(database))
    networks.forget(NETWORK)
    after = a_writing(networks.of(NETWORK))
    await after.network.sides.ties.take_place(Place(circle, BEN), Tie(True, NOW, 1))
    await sync_room(after, circle, NOW)
    known = await after.network.conversations.get(room.id)
    assert known is not None
    assert known.member_ids == (BEN,)
    await say(after, room, BEN, "it goes on")


async def test_she_is_told_what_was_said_since_she_came_and_her_own_of_before(
    writing: Writing, database: Database
) -> None:
    group = await a_group(writing, ADA, CAT, title=TITLE)
    await say(writing, group, ADA, "before Ben came")
    access = access_of(ADA, "InviteMembers", "GroupService")
    for round in ("first", "second"):
        await host_group.invite_members(writing, access, group.id, [BEN], NOW)
        coming = access_of(BEN, "AcceptConversation", "SeatService")
        await taking_part.accept(writing, coming, group.id, NOW)
        await say(writing, group, BEN, f"of Ben, {round}")
        await say(writing, group, ADA, f"to Ben, {round}")
        if round == "first":
            await leaves(writing, group, BEN)
            bens = await told(database, BEN)
            assert [one["text"] for one in bens if "text" in one] == ["of Ben, first"]
            assert TITLE not in str(bens)
            assert str(CAT) not in str(bens)
    bens = await told(database, BEN)
    assert [one["text"] for one in bens if "text" in one] == [
        "of Ben, first", "of Ben, second", "to Ben, second",
    ]  # fmt: skip
    assert [one["notice"] for one in bens if "notice" in one] == ["joined"]
    [about] = [one for one in bens if "hostIds" in one]
    assert (about["title"], about["memberIds"]) == (TITLE, [str(ADA), str(CAT), str(BEN)])
    await block(writing.network, caller=BEN, blocked=ADA, at=NOW - HOUR)
    withheld = [one["sequence"] for one in await told(database, BEN) if one.get("withheld")]
    assert withheld == [10]


async def test_of_what_she_wrote_where_she_is_not_any_more_no_reaction_of_others_is_told(
    writing: Writing, database: Database
) -> None:
    group, network = await a_group(writing, ADA, BEN, CAT), writing.network
    await say(writing, group, BEN, "of Ben")
    [said] = await network.messages.before(group.id, None, 1)

    async def reacts(who: UUID, kind: ReactionKind) -> None:
        access = access_of(who, "AddReaction", "WordsService")
        await react(
            network, access, conversation_id=group.id, message_id=said.id, kind=kind, at=NOW
        )

    async def bens() -> list[str]:
        [found] = [one for one in await told(database, BEN) if one.get("text") == "of Ben"]
        return [one["by"] for one in found["reactions"]]

    await reacts(BEN, ReactionKind.HUG)
    await reacts(ADA, ReactionKind.HUG)
    assert await bens() == ["you", str(ADA)]
    await leaves(writing, group, BEN)
    await reacts(CAT, ReactionKind.HUG)
    assert await bens() == ["you"]
    inviting = access_of(ADA, "InviteMembers", "GroupService")
    await host_group.invite_members(writing, inviting, group.id, [BEN], NOW)
    coming = access_of(BEN, "AcceptConversation", "SeatService")
    await taking_part.accept(writing, coming, group.id, NOW)
    assert await bens() == ["you"]  # it lies before he came again


async def test_an_invitation_alone_tells_nothing_of_the_group(
    writing: Writing, database: Database
) -> None:
    group = await a_group(writing, ADA, title=TITLE)
    await say(writing, group, ADA, "hers")
    access = access_of(ADA, "InviteMembers", "GroupService")
    await host_group.invite_members(writing, access, group.id, [BEN], NOW)
    [seat] = await told(database, BEN)
    assert (seat["state"], seat["invited"]) == ("asked", True)
