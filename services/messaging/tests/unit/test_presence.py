"""When somebody was last here: how coarsely it is told, to whom, and how seldom it is noted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from common.testing.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.presence import MOST_AT_ONCE, Noticing, presences
from messaging.application.shown import Shown
from messaging.domain.block import Block
from messaging.domain.presence import A_DAY, A_WEEK, GRAIN, Presence, grain_of, presence_of
from messaging.domain.seat import State

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW, a_conversation
from services.messaging.tests.fakes import FakeNetwork, a_network
from services.messaging.tests.fakes_presence import FakePresences

TALK = Shown(a_conversation(ADA, BEN), 0, State.OPEN, None, NOW)
A_MINUTE = timedelta(minutes=1)


@given(st.integers(0, 20 * 24 * 60), st.integers(0, 599))
def test_it_is_told_in_words_that_only_grow_older(minutes: int, seconds: int) -> None:
    seen, now = NOW, NOW + timedelta(minutes=minutes, seconds=seconds)
    told = presence_of(grain_of(seen), now)
    passed = now - seen
    if passed < GRAIN:
        assert told is Presence.HERE
    elif 2 * GRAIN <= passed < A_DAY:
        assert told is Presence.TODAY
    elif A_DAY + GRAIN <= passed < A_WEEK:
        assert told is Presence.WEEK
    elif passed >= A_WEEK + GRAIN:
        assert told is None


def test_a_time_is_kept_to_ten_minutes() -> None:
    at = datetime(2096, 2, 7, 9, 39, 59, 999_000, tzinfo=NOW.tzinfo)
    assert grain_of(at) == datetime(2096, 2, 7, 9, 30, tzinfo=NOW.tzinfo)
    assert grain_of(grain_of(at)) == grain_of(at)


async def told(network: FakeNetwork, reader: UUID, shown: Shown = TALK) -> Presence | None:
    return (await presences(network, reader, [shown], NOW)).get(shown.conversation.id)


@pytest.mark.parametrize("ada", [True, False, None])
@pytest.mark.parametrize("ben", [True, False, None])
async def test_only_who_shows_hers_sees_somebodys(ada: bool | None, ben: bool | None) -> None:
    network = a_network(ADA, BEN)
    for member, choice in ((ADA, ada), (BEN, ben)):
        if choice is not None:
            await network.presences.choose(member, choice, NOW)
    expected = Presence.HERE if ada and ben else None
    assert await told(network, ADA) is await told(network, BEN) is expected


@pytest.mark.parametrize("state", [one for one in State if one is not State.OPEN])
async def test_it_is_told_in_open_conversations_alone(state: State) -> None:
    network = a_network(ADA, BEN)
    for member in (ADA, BEN):
        await network.presences.choose(member, True, NOW)
    assert await told(network, ADA, replace(TALK, state=state)) is None


async def test_neither_sees_it_while_one_blocks_the_other() -> None:
    network = a_network(ADA, BEN)
    for member in (ADA, BEN):
        await network.presences.choose(member, True, NOW)
    block = Block(BEN, ADA).begin(NOW)
    await network.sides.blocks.save(block)
    assert await told(network, ADA) is await told(network, BEN) is None
    await network.sides.blocks.save(block.end(NOW))
    assert await told(network, ADA) is await told(network, BEN) is Presence.HERE


class Waiting(FakePresences):
    """Counts what is noted, and notes it when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[UUID] = []
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def note(self, member_id: UUID, at: datetime) -> None:
        self.notes.append(member_id)
        await self.go.wait()
        if self.error is not None:
            raise self.error
        await super().note(member_id, at)


async def test_who_looks_on_is_noted_once_in_ten_minutes_and_nobody_waits() -> None:
    waiting, clock = Waiting(), FakeClock(grain_of(NOW))
    network = replace(a_network(ADA, BEN), presences=waiting)
    noticing = Noticing(lambda _: network, clock)
    for _ in range(3):
        noticing.notice(NETWORK, ADA)
    await asyncio.sleep(0)
    assert waiting.notes == [ADA]
    waiting.error = ConnectionError("away")  # of which nobody is told
    waiting.go.set()
    clock.advance(9 * A_MINUTE)
    noticing.notice(NETWORK, ADA)
    clock.advance(A_MINUTE)
    noticing.notice(NETWORK, ADA)
    await asyncio.sleep(0)
    assert waiting.notes == [ADA, ADA]


async def test_what_is_under_way_has_a_bound() -> None:
    waiting = Waiting()
    network = replace(a_network(), presences=waiting)
    noticing = Noticing(lambda _: network, FakeClock(NOW))
    for number in range(MOST_AT_ONCE + 20):
        noticing.notice(NETWORK, UUID(int=number))
    await asyncio.sleep(0)
    assert len(waiting.notes) == MOST_AT_ONCE
    waiting.go.set()
