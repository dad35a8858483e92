"""Accepting that is cut off behind its notice leaves nobody in a group she was taken out of."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate, Unavailable
from common.testing.poll import until
from messaging.application import taking_part
from messaging.application.conversation_pages import requests
from messaging.domain.conversation import Conversation
from messaging.domain.errors import ConversationNotFound, ConversationNotRequested
from messaging.domain.roster import NoticeKind
from messaging.domain.seat import Seat, Standing

from services.messaging.tests.builders import ADA, BEN, NOW, a_group, a_writing, access_of
from services.messaging.tests.fakes import Crash, FakeNetwork, a_network, another_process
from services.messaging.tests.fakes_sides import FakeSeats
from services.messaging.tests.unit.test_groups import accepts, invites, removes


class CutOff(FakeSeats):
    """Of a process that accepts: its seats `reach` the place behind the notice, and wait there;
    or storing a yes fails with `error`, perhaps once the invitation was taken back."""

    def __init__(self, network: FakeNetwork) -> None:
        super().__init__()
        assert isinstance(network.sides.seats, FakeSeats)
        self.all, self._made = network.sides.seats.all, network.sides.seats._made
        self._network = network
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None
        self.stands = True

    async def of(self, conversation_id: UUID) -> Sequence[Seat]:
        last = self._network.messages.of(conversation_id)[-1].notice
        if self.error is None and last is not None and last.kind is NoticeKind.JOINED:
            self.reached.set()
            await self.go.wait()
        return await super().of(conversation_id)

    async def save(self, seat: Seat, told: Collection[UUID]) -> None:
        if self.error is not None and seat.standing is Standing.ACCEPTED:
            if not self.stands:
                self.take_back(seat.conversation_id)
            raise self.error
        await super().save(seat, told)

    def take_back(self, conversation_id: UUID) -> None:
        """As a host does it elsewhere who looks at the end before the notice is there."""
        key = conversation_id, BEN
        self.all[key] = self.all[key].out(NOW)


async def inside(network: FakeNetwork, group: Conversation) -> tuple[UUID, ...]:
    last = network.messages.of(group.id)[-1].notice
    assert last is not None
    return last.roster.member_ids


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(ADA, BEN)


async def test_a_request_that_is_cancelled_behind_its_notice_is_done_to_its_end(
    network: FakeNetwork,
) -> None:
    group = await a_group(a_writing(network), ADA)
    await invites(a_writing(network), group, ADA, BEN)
    seats = CutOff(network)
    here = another_process(replace(network, sides=replace(network.sides, seats=seats)))
    task = asyncio.create_task(accepts(a_writing(here), group, BEN))
    await seats.reached.wait()
    assert await inside(network, group) == (ADA, BEN)
    seats.take_back(group.id)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    seats.go.set()

    async def gone() -> bool:
        return await inside(network, group) == (ADA,)

    await until(gone, seconds=2)


@pytest.mark.parametrize("error", [Unavailable("away"), ConcurrentUpdate("again")])
@pytest.mark.parametrize("stands", [True, False])
async def test_where_the_seat_is_not_stored_she_is_in_as_long_as_she_is_invited(
    network: FakeNetwork, error: Exception, stands: bool
) -> None:
    group = await a_group(a_writing(network), ADA)
    await invites(a_writing(network), group, ADA, BEN)
    seats = CutOff(network)
    seats.error, seats.stands = error, stands
    here = another_process(replace(network, sides=replace(network.sides, seats=seats)))
    with pytest.raises((type(error), ConversationNotFound)):  # looked at again, it was taken back
        await accepts(a_writing(here), group, BEN)
    assert await inside(network, group) == ((ADA, BEN) if stands else (ADA,))
    if stands:
        with pytest.raises(ConversationNotRequested):
            await taking_part.decline(a_writing(network), access_of(BEN), group.id, NOW)
        await accepts(a_writing(network), group, BEN)  # trying again completes it
        assert seats.all[group.id, BEN].agreed
        await removes(a_writing(network), group, ADA, BEN)
        assert await inside(network, group) == (ADA,)


async def test_who_came_after_a_no_is_asked_again_though_her_seat_was_not_stored(
    network: FakeNetwork,
) -> None:
    group = await a_group(a_writing(network), ADA)
    await invites(a_writing(network), group, ADA, BEN)
    await taking_part.decline(a_writing(network), access_of(BEN), group.id, NOW)
    dying = another_process(network)
    dying.conversations.dies = True
    with pytest.raises(Crash):
        await accepts(a_writing(dying), group, BEN)
    here = another_process(network)
    await removes(a_writing(here), group, ADA, BEN)
    await invites(a_writing(here), group, ADA, BEN)
    assert len((await requests(here, BEN, None, 9, NOW)).shown) == 1
