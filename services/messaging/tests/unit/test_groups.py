"""Groups: who comes in and goes, who sees what, and what hosts may."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from messaging.application import host_group, sides, taking_part
from messaging.application.conversation_pages import requests, talks
from messaging.application.create_group import NewGroup, create_group
from messaging.application.move_position import move_position
from messaging.application.noting import Writing
from messaging.application.queries import messages_after, messages_before
from messaging.application.reading import readings, total_unread
from messaging.application.shown import shown_to
from messaging.domain.conversation import Conversation
from messaging.domain.errors import (
    ConversationNotFound,
    ConversationNotRequested,
    GroupFull,
    GroupIdReused,
    MemberNotFound,
    MessageNotFound,
    NotAGroup,
    NotAHost,
)
from messaging.domain.message import Message
from messaging.domain.roster import MOST_IN_GROUP, NoticeKind
from messaging.domain.seat import State

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_conversation,
    a_draft,
    a_group,
    a_writing,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
def writing(network: FakeNetwork) -> Writing:
    return a_writing(network)


async def say(writing: Writing, group: Conversation, who: UUID, reply_to: int = 0) -> Message:
    return await send(
        writing.network, writing.tails, conversation_id=group.id,
        draft=a_draft(who, reply_to=reply_to),
    )  # fmt: skip


async def seen(network: FakeNetwork, group: Conversation, who: UUID) -> list[int]:
    """The places she is shown, which are the same from both ends."""
    forth, more = await messages_after(network, group.id, access_of(who), 0, 100)
    back, _ = await messages_before(network, group.id, access_of(who), None, 100)
    assert list(back) == list(forth)[::-1]
    assert not more
    return [one.sequence for one in forth]


async def invites(writing: Writing, group: Conversation, by: UUID, *whom: UUID) -> Conversation:
    access = access_of(by, "InviteMembers", "GroupService")
    return await host_group.invite_members(writing, access, group.id, whom, NOW)


async def removes(writing: Writing, group: Conversation, by: UUID, whom: UUID) -> Conversation:
    access = access_of(by, "RemoveMember", "GroupService")
    return await host_group.remove_member(writing, access, group.id, whom, NOW)


async def accepts(writing: Writing, group: Conversation, who: UUID) -> Conversation:
    access = access_of(who, "AcceptConversation", "SeatService")
    return await taking_part.accept(writing, access, group.id, NOW)


async def leaves(writing: Writing, group: Conversation, who: UUID) -> None:
    access = access_of(who, "LeaveConversation", "SeatService")
    await taking_part.leave(writing, access, group.id, NOW)


async def listed(network: FakeNetwork, who: UUID) -> tuple[int, int]:
    """How many talks and how many requests she is shown."""
    found = [await of(network, who, None, 9, NOW) for of in (talks, requests)]
    return len(found[0].shown), len(found[1].shown)


async def test_who_is_invited_sees_what_is_said_once_she_came(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    await say(writing, group, ADA)
    await invites(writing, group, ADA, BEN)
    assert await listed(network, BEN) == (0, 1)
    with pytest.raises(ConversationNotFound):
        await seen(network, group, BEN)
    with pytest.raises(ConversationNotFound):
        await say(writing, group, BEN)
    shown = await shown_to(network, group, BEN, NOW)
    assert (shown.state, shown.title, shown.inviter_id) == (State.RECEIVED, "Evening round", ADA)
    assert (shown.last_sequence, shown.inside, shown.invited_ids) == (0, False, ())
    await accepts(writing, group, BEN)
    assert await listed(network, BEN) == (1, 0)
    assert await listed(network, CAT) == (0, 0)
    sent = await say(writing, group, BEN)
    assert await seen(network, group, BEN) == [3, sent.sequence]
    assert await seen(network, group, ADA) == [1, 2, 3, 4]
    with pytest.raises(ConversationNotFound):
        await seen(network, group, CAT)
    with pytest.raises(MessageNotFound):
        await say(writing, group, BEN, reply_to=2)  # before she came
    with pytest.raises(MessageNotFound):
        await say(writing, group, BEN, reply_to=3)  # a notice
    assert (await say(writing, group, ADA, reply_to=4)).reply_to == 4


async def test_who_leaves_is_out_and_coming_back_begins_anew(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    await say(writing, group, BEN)
    await leaves(writing, group, BEN)
    for attempt in (say(writing, group, BEN), accepts(writing, group, BEN),
                    leaves(writing, group, CAT), seen(network, group, BEN)):  # fmt: skip
        with pytest.raises(ConversationNotFound):
            await attempt
    assert await listed(network, BEN) == (0, 0)
    await say(writing, group, ADA)
    await invites(writing, group, ADA, BEN)
    await accepts(writing, group, BEN)
    assert await seen(network, group, BEN) == [6]
    assert (await total_unread(network, BEN)).unread.count == 0
    await say(writing, group, ADA)
    assert (await total_unread(network, BEN)).unread.count == 1


async def test_the_last_host_who_leaves_makes_who_came_first_one_and_the_last_member_ends_it(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, CAT, BEN)
    await leaves(writing, group, ADA)
    shown = await shown_to(network, group, BEN, NOW)
    assert shown.conversation.roster.host_ids == (CAT,)
    await leaves(writing, group, CAT)
    await leaves(writing, group, BEN)
    for who in (ADA, BEN, CAT):
        assert await listed(network, who) == (0, 0)
        with pytest.raises(ConversationNotFound):
            await seen(network, group, who)


async def test_hosts_alone_invite_remove_rename_and_make_hosts(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)

    def tries(who: UUID) -> list[object]:
        return [
            invites(writing, group, who, CAT), removes(writing, group, who, CAT),
            host_group.rename_group(writing, access_of(who, "RenameGroup", "GroupService"),
                                    group.id, "Morning", NOW),
            host_group.add_host(writing, access_of(who, "AddHost", "GroupService"), group.id, BEN,
                                NOW),
        ]  # fmt: skip

    for attempt in tries(BEN):
        with pytest.raises(NotAHost):
            await attempt  # type: ignore[misc]
    for attempt in tries(CAT):
        with pytest.raises(ConversationNotFound):
            await attempt  # type: ignore[misc]
    for _ in range(2):  # again it changes nothing
        for attempt in tries(ADA):
            await attempt  # type: ignore[misc]
    kinds = [one.notice.kind for one in network.messages.of(group.id) if one.notice]
    assert kinds == [
        NoticeKind.OPENED, NoticeKind.JOINED, NoticeKind.RENAMED, NoticeKind.HOSTED,
    ]  # fmt: skip
    shown = await shown_to(network, group, BEN, NOW)
    assert (shown.title, shown.conversation.roster.host_ids) == ("Morning", (ADA, BEN))
    assert list(shown.invited_ids) == []  # it was taken back
    with pytest.raises(Invalid):
        await removes(writing, group, ADA, ADA)
    await removes(writing, group, BEN, ADA)
    with pytest.raises(ConversationNotFound):
        await say(writing, group, ADA)


async def test_what_is_done_to_groups_is_not_done_to_pairs(
    network: FakeNetwork, writing: Writing
) -> None:
    await network.conversations.add([a_conversation()])
    with pytest.raises(NotAGroup):
        await invites(writing, a_conversation(), ADA, CAT)
    with pytest.raises(NotAGroup):
        await removes(writing, a_conversation(), ADA, BEN)


async def test_twenty_are_in_it_with_those_invited(network: FakeNetwork, writing: Writing) -> None:
    many = [new_id() for _ in range(MOST_IN_GROUP)]
    network.members.all |= set(many)
    with pytest.raises(GroupFull):
        await a_group(writing, ADA, *many)
    group = await a_group(writing, ADA, *many[:-2])
    await invites(writing, group, ADA, many[-2])
    with pytest.raises(GroupFull):
        await invites(writing, group, ADA, many[-1])
    await invites(writing, group, ADA, many[-2], many[0])  # they are in it, or were asked
    await removes(writing, group, ADA, many[-2])
    await invites(writing, group, ADA, many[-1])


async def test_opening_again_is_the_same_group_and_nobody_else_is_asked(
    network: FakeNetwork, writing: Writing
) -> None:
    asked = NewGroup("once", "Evening", (BEN, BEN, ADA))
    made = [await create_group(writing, opener=ADA, asked=asked, at=NOW) for _ in range(2)]
    assert made[0].id == made[1].id
    assert len(network.messages.all) == 1
    other = NewGroup("once", "Morning", (CAT,))
    with pytest.raises(GroupIdReused):
        await create_group(writing, opener=ADA, asked=other, at=NOW)
    assert await listed(network, CAT) == (0, 0)
    assert (await create_group(writing, opener=BEN, asked=asked, at=NOW)).id != made[0].id
    await leaves(writing, made[0], ADA)
    with pytest.raises(GroupIdReused):
        await create_group(writing, opener=ADA, asked=asked, at=NOW)


async def test_an_unknown_member_is_asked_by_nobody(network: FakeNetwork, writing: Writing) -> None:
    with pytest.raises(MemberNotFound):
        await a_group(writing, ADA, new_id())
    assert network.messages.all == []
    group = await a_group(writing, ADA)
    with pytest.raises(MemberNotFound):
        await invites(writing, group, ADA, BEN, new_id())
    assert await listed(network, BEN) == (0, 0)


async def test_an_invitation_taken_back_is_none_and_a_no_stays_one(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    await invites(writing, group, ADA, BEN, CAT)
    await removes(writing, group, ADA, BEN)
    with pytest.raises(ConversationNotFound):
        await accepts(writing, group, BEN)
    declining = access_of(CAT, "DeclineConversation", "SeatService")
    await taking_part.decline(writing, declining, group.id, NOW)
    for _ in range(2):
        await invites(writing, group, ADA, CAT)
        assert await listed(network, CAT) == (0, 0)
        await removes(writing, group, ADA, CAT)
    await invites(writing, group, ADA, CAT)
    await accepts(writing, group, CAT)  # she changed her mind
    with pytest.raises(ConversationNotRequested):
        await taking_part.decline(writing, declining, group.id, NOW)


async def test_how_far_each_is_in_a_group_is_told_to_those_in_it(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    sent = await say(writing, group, ADA)
    access = access_of(BEN, "MovePosition", "ReceiptService")
    reading = await move_position(
        network, access, conversation_id=group.id, delivered=0, read=sent.sequence, at=NOW
    )
    assert reading.unread.count == 0
    assert network.marks.told == [{ADA, BEN}]
    assert network.marks.read == [(BEN, ADA, 3)]
    now = (await network.conversations.get(group.id)) or group
    [hers] = await readings(network, ADA, [now])
    assert [(one.member_id, one.read) for one in hers.receipts] == [(BEN, 3)]


async def test_a_group_is_muted_by_each_for_herself_once_she_is_in_it(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    await invites(writing, group, ADA, CAT)
    for who in (ADA, BEN):
        await sides.mute(network, access_of(who), group.id, None, NOW)
    await sides.unmute(network, access_of(ADA), group.id, NOW)
    muted = [(await shown_to(network, group, who, NOW)).mute is not None for who in (ADA, BEN)]
    assert muted == [False, True]
    with pytest.raises(ConversationNotFound):
        await sides.mute(network, access_of(CAT), group.id, None, NOW)
