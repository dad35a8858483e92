"""Who is taken out while she reads is shown nothing of what is said after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from messaging.application.changed_since import changed_since
from messaging.application.noting import Writing
from messaging.application.queries import messages_after, messages_before
from messaging.application.react import react
from messaging.application.search import search
from messaging.application.shown import shown_to
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, MessageNotFound
from messaging.domain.message import Message, Tail
from messaging.domain.reaction import ReactionKind
from messaging.domain.searching import Query
from messaging.domain.touched import Touch

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
from services.messaging.tests.fakes import (
    FakeMessages,
    FakeNetwork,
    a_network,
    another_process,
)
from services.messaging.tests.unit.test_groups import invites, listed, removes

SECRET = "a secret"


class Between(FakeMessages):
    """Something happens right behind the next look at the end."""

    happens: Callable[[], Awaitable[object]] | None = None
    tails = 0

    async def tail(self, conversation_id: UUID) -> Tail | None:
        found, happens = await super().tail(conversation_id), self.happens
        self.happens, self.tails = None, self.tails + 1
        if happens is not None:
            await happens()
        return found


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
def writing(network: FakeNetwork) -> Writing:
    return a_writing(network)


async def taken_out_meanwhile(
    writing: Writing, network: FakeNetwork, group: Conversation
) -> FakeNetwork:
    """A process in which Ben is taken out once he was found in it, and then something is said."""
    messages = Between()
    messages.all = network.messages.all
    here = another_process(replace(network, messages=messages))

    async def happens() -> None:
        await removes(writing, group, ADA, BEN)
        said = await send(
            network, writing.tails, conversation_id=group.id, draft=a_draft(ADA, SECRET)
        )
        await network.touches.note(group.id, Touch(said.sequence, NOW))

    messages.happens = happens
    return here


async def forth(network: FakeNetwork, group: Conversation) -> Sequence[object]:
    return (await messages_after(network, group.id, access_of(BEN), 0, 9))[0]


async def back(network: FakeNetwork, group: Conversation) -> Sequence[object]:
    return (await messages_before(network, group.id, access_of(BEN), None, 9))[0]


async def found(network: FakeNetwork, group: Conversation) -> Sequence[object]:
    return (await search(network, BEN, Query.of("a"), None, 9)).messages


async def changed(network: FakeNetwork, group: Conversation) -> Sequence[object]:
    hour = timedelta(hours=1)
    return (await changed_since(network, BEN, NOW - hour, NOW + hour)).messages


@pytest.mark.parametrize("read", [forth, back, found, changed])
async def test_no_page_shows_what_was_said_after_she_was_taken_out(
    network: FakeNetwork, writing: Writing,
    read: Callable[[FakeNetwork, Conversation], Awaitable[Sequence[object]]],
) -> None:  # fmt: skip
    group = await a_group(writing, ADA, BEN)
    before = await send(
        network, writing.tails, conversation_id=group.id, draft=a_draft(ADA, "a word")
    )
    await network.touches.note(group.id, Touch(before.sequence, NOW))
    here = await taken_out_meanwhile(writing, network, group)
    seen = await read(here, group)
    assert before in seen
    assert max(one.sequence for one in seen if isinstance(one, Message)) == before.sequence
    assert network.messages.of(group.id)[-1].text == SECRET


async def test_nobody_reacts_to_what_was_said_after_she_was_taken_out(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    here = await taken_out_meanwhile(writing, network, group)
    access, messages = access_of(BEN, "AddReaction", "WordsService"), here.messages
    assert isinstance(messages, Between)
    happens = messages.happens
    assert happens is not None
    said: list[Message] = []

    async def get(conversation_id: UUID, message_id: UUID) -> Message | None:
        return said[0]

    async def noted() -> None:
        await happens()
        said.append(network.messages.of(group.id)[-1])

    messages.happens = noted
    messages.get = get  # type: ignore[method-assign]  # whatever id he names
    with pytest.raises(MessageNotFound):
        await react(
            here, access, conversation_id=group.id, message_id=group.id, kind=ReactionKind.HUG,
            at=NOW,
        )  # fmt: skip
    assert said[0].text == SECRET


async def test_a_group_is_shown_to_who_is_in_it_or_may_come_and_to_nobody_else(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    await removes(writing, group, ADA, BEN)
    for outside in (BEN, CAT):
        with pytest.raises(ConversationNotFound):
            await shown_to(network, group, outside, NOW)
    await invites(writing, group, ADA, CAT)
    assert not (await shown_to(network, group, CAT, NOW)).inside
    await removes(writing, group, ADA, CAT)
    with pytest.raises(ConversationNotFound):
        await shown_to(network, group, CAT, NOW)
    assert await listed(network, CAT) == (0, 0)


async def test_of_an_invitation_that_stands_no_more_nothing_is_read(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA)
    await invites(writing, group, ADA, CAT)
    messages = Between()
    messages.all = network.messages.all
    counting = replace(network, messages=messages)
    assert await listed(counting, CAT) == (0, 1)
    assert messages.tails
    await removes(writing, group, ADA, CAT)
    messages.tails = 0
    assert await listed(counting, CAT) == (0, 0)
    assert messages.tails == 0


async def test_reading_a_pair_looks_at_no_end(network: FakeNetwork, writing: Writing) -> None:
    talk = a_conversation()
    messages = Between()
    network = replace(network, messages=messages)
    await network.conversations.add([talk])
    said = await send(network, writing.tails, conversation_id=talk.id, draft=a_draft())
    messages.tails = 0
    assert await forth(network, talk) == await back(network, talk) == [said]
    assert messages.tails == 0
