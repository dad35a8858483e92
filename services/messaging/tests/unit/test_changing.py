"""Editing and deleting: one's own, for a day, and whoever else changes it at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.change_message import change_message
from messaging.application.open_conversation import open_conversation
from messaging.application.tails import Tails
from messaging.domain.changing import EDIT_WITHIN, MOST_EDITS, deleted, edited
from messaging.domain.conversation import Conversation
from messaging.domain.errors import (
    ConversationNotFound,
    EditClosed,
    MessageDeleted,
    MessageNotFound,
    VersionMismatch,
)
from messaging.domain.message import MAX_TEXT, Message

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

MS = timedelta(milliseconds=1)
SENT = a_placed(a_draft(text="first"), a_conversation()).message
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.sampled_from(["first", "second", "third"])),
        st.tuples(st.just("delete"), st.just("")),
    )
)


@given(CHANGES)
def test_a_version_counts_the_changes_and_what_is_deleted_stays_so(
    changes: list[tuple[str, str]],
) -> None:
    message = SENT
    for number, (what, text) in enumerate(changes):
        at, before = NOW + number * MS, message
        if what == "delete":
            message = deleted(before, at)
            assert message.text == ""
        elif before.deleted_at:
            with pytest.raises(MessageDeleted):
                edited(before, text, at)
        elif before.version <= MOST_EDITS or before.text == text:
            message = edited(before, text, at)
            assert message.text == text
        assert message.version == before.version + (message.text != before.text)
        kept = replace(
            message, text=SENT.text, version=1, edited_at=None, deleted_at=None
        )  # fmt: skip
        assert kept == SENT


def test_an_edit_closes_after_a_day_and_deleting_does_not() -> None:
    last = NOW + EDIT_WITHIN
    assert edited(SENT, "second", last).edited_at == last
    with pytest.raises(EditClosed) as refused:
        edited(SENT, "second", last + MS)
    assert refused.value.metadata == {"hours": "24", "times": "20"}
    assert edited(SENT, "first", last + MS) is SENT
    assert deleted(SENT, last + 1000 * EDIT_WITHIN).erased


def test_a_message_is_edited_so_often_and_no_more() -> None:
    message = SENT
    for number in range(MOST_EDITS):
        message = edited(message, f"words {number}", NOW)
    with pytest.raises(EditClosed):
        edited(message, "once more", NOW)
    assert deleted(message, NOW).version == MOST_EDITS + 2


@pytest.mark.parametrize("text", ["", " \n", "a\x00", "x" * (MAX_TEXT + 1)])
def test_other_words_are_held_to_what_the_first_were(text: str) -> None:
    with pytest.raises(Invalid):
        edited(SENT, text, NOW)


def test_what_the_caller_has_not_seen_is_not_changed_but_what_is_so_already_is_not_compared() -> (
    None
):
    second = edited(SENT, "second", NOW, [1, 7])
    for versions in ([1], [3, 4]):
        with pytest.raises(VersionMismatch):
            edited(second, "third", NOW, versions)
        with pytest.raises(VersionMismatch):
            deleted(second, NOW, versions)
        assert edited(second, "second", NOW, versions) is second
    gone = deleted(second, NOW, [2])
    assert deleted(gone, NOW, [1]) is gone


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
async def talk(network: FakeNetwork) -> Conversation:
    return await open_conversation(network, caller=ADA, peer=BEN, at=NOW)


@pytest.fixture
async def message(network: FakeNetwork, talk: Conversation) -> Message:
    draft = a_draft(text="first", client_id="c1")
    return await send(network, Tails(), conversation_id=talk.id, draft=draft)


async def edit(
    network: FakeNetwork, talk: Conversation, id: UUID, text: str, member: UUID = ADA
) -> Message:
    return await change_message(
        network, access_of(member, "EditMessage", "WordsService"), conversation_id=talk.id,
        message_id=id, change=partial(edited, text=text, at=NOW),
    )  # fmt: skip


async def test_only_its_author_changes_a_message_and_others_are_told_what_they_may_know(
    network: FakeNetwork, talk: Conversation, message: Message
) -> None:
    other = await open_conversation(network, caller=ADA, peer=CAT, at=NOW)
    for member, where, id, error in (
        (BEN, talk, message.id, MessageNotFound),
        (ADA, talk, new_id(), MessageNotFound),
        (ADA, other, message.id, MessageNotFound),
        (CAT, talk, message.id, ConversationNotFound),
        (CAT, talk, new_id(), ConversationNotFound),
    ):
        with pytest.raises(error):
            await edit(network, where, id, "no", member)
    assert network.messages.all == [message]


async def test_edits_that_race_come_one_after_the_other(
    network: FakeNetwork, talk: Conversation, message: Message
) -> None:
    await asyncio.gather(*(edit(network, talk, message.id, f"words {n}") for n in range(5)))
    assert [one.version for one in network.messages.changed] == [2, 3, 4, 5, 6]
    assert network.messages.all == [network.messages.changed[-1]]


async def test_a_message_sent_again_is_the_same_also_when_its_words_have_changed(
    network: FakeNetwork, talk: Conversation, message: Message
) -> None:
    draft = a_draft(text="first", client_id="c1")
    second = await edit(network, talk, message.id, "second")
    assert await send(network, Tails(), conversation_id=talk.id, draft=draft) == second
    gone = deleted(second, NOW)
    assert await network.messages.change(talk, second, gone)
    assert await send(network, Tails(), conversation_id=talk.id, draft=draft) == gone
    assert len(network.messages.all) == 1
