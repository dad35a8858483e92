"""Leaving a group that one has left."""

from __future__ import annotations

import pytest
from messaging.application.noting import Writing
from messaging.domain.errors import ConversationNotFound

from services.messaging.tests.builders import ADA, BEN, CAT, a_conversation, a_group, a_writing
from services.messaging.tests.fakes import FakeNetwork, a_network
from services.messaging.tests.unit.test_groups import invites, leaves


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN, CAT)


@pytest.fixture
def writing(network: FakeNetwork) -> Writing:
    return a_writing(network)


async def test_leaving_again_changes_nothing_and_who_never_came_cannot_leave(
    network: FakeNetwork, writing: Writing
) -> None:
    group = await a_group(writing, ADA, BEN)
    await leaves(writing, group, ADA)  # who opened it was never asked
    await leaves(writing, group, BEN)
    before = len(network.messages.of(group.id))
    await leaves(writing, group, ADA)
    await leaves(writing, group, BEN)
    assert len(network.messages.of(group.id)) == before
    other = await a_group(writing, ADA)
    await invites(writing, other, ADA, BEN)
    for who in (BEN, CAT):
        with pytest.raises(ConversationNotFound):
            await leaves(writing, other, who)
    with pytest.raises(ConversationNotFound):
        await leaves(writing, a_conversation(), CAT)
