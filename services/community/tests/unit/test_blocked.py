"""Whoever is blocked may go on asking: to the letter she is told what somebody is told who gets no
answer, and whoever blocks her is shown nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from common.errors import DomainError, Invalid
from common.ids import new_id
from common.kafka_consumer import Meta
from community.application.connections import (
    accept_connection,
    delete_connection,
    list_connections,
    request_connection,
)
from community.application.ports_blocks import Block
from community.domain.connection import Connection, View
from community.entrypoints.blocks import TOPICS, handlers
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from kith.messaging.events.v1.block_events_pb2 import BlockBegun, BlockEnded

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.fakes import FakeNetwork, FakeNetworks, a_network

ANA, BEN, CAT = (UUID(int=number) for number in (10, 11, 12))
SECOND = timedelta(seconds=1)
WAITS = ("1", "13", "48", "960", "2160")


def here() -> FakeNetwork:
    network = a_network(NETWORK)
    network.members.all |= {ANA, BEN, CAT}
    return network


async def seen(network: FakeNetwork, member_id: UUID, view: View) -> list[UUID]:
    found, _ = await list_connections(network, member_id, view, None, 50)
    return [one.other(member_id) for one in found]


@dataclass
class World:
    """What ana is told by what she does, by a ben who never answers."""

    network: FakeNetwork = field(default_factory=here)
    now: datetime = NOW
    _version: int = 0

    async def block(self, holds: bool) -> None:
        """Ben blocks ana, or ends it."""
        self._version += 1
        await self.network.blocks.take(Block(BEN, ANA, holds, self.now, self._version))

    async def ana(self, does: str) -> object:
        """The answer, and all that she sees afterwards."""
        answer: object = None
        try:
            match does:
                case "ask":
                    answer = told(await request_connection(self.network, ANA, BEN, self.now))
                case "accept":
                    answer = told(await accept_connection(self.network, ANA, BEN, self.now))
                case "let_go":
                    await delete_connection(self.network, ANA, BEN, self.now)
                case _:
                    self.now += timedelta(hours=int(does))
        except DomainError as refused:
            answer = refused.reason, refused.message, refused.metadata
        return answer, [await seen(self.network, ANA, view) for view in View]


def told(one: Connection) -> object:
    """All that either door may say of it to ana."""
    return one.told_to(ANA)


@given(
    st.lists(st.sampled_from(["ask", "let_go", "accept", "block", "unblock", *WAITS]), max_size=30)
)
async def test_who_is_blocked_is_told_to_the_letter_what_who_is_not_answered_is(
    doings: list[str],
) -> None:
    waits, blocked, holds = World(), World(), False
    for does in doings:
        if does in ("block", "unblock"):
            holds = does == "block"
            await blocked.block(holds)
        else:
            assert await waits.ana(does) == await blocked.ana(does), does
        shown = await seen(blocked.network, BEN, View.RECEIVED)
        assert shown == ([] if holds else await seen(waits.network, BEN, View.RECEIVED))


async def test_pages_go_on_behind_those_that_are_kept_from_her() -> None:
    network, askers = here(), [new_id() for _ in range(6)]
    network.members.all |= set(askers)
    for asker in askers:
        await request_connection(network, asker, BEN, NOW)
    for asker in askers[:4]:
        await network.blocks.take(Block(BEN, asker, True, NOW, 1))
    found: list[UUID] = []
    rest, pages = None, 0
    while pages == 0 or rest is not None:
        page, rest = await list_connections(network, BEN, View.RECEIVED, rest, 2)
        found += [one.other(BEN) for one in page]
        pages += 1
    assert (sorted(found), pages) == (sorted(askers[4:]), 3)


async def test_what_there_was_before_stays_as_it_was_for_both() -> None:
    """Ending it would tell the other: she would no longer be on a list, and be asked to wait."""
    world = World()
    await request_connection(world.network, ANA, BEN, NOW)
    await accept_connection(world.network, BEN, ANA, NOW)
    await request_connection(world.network, BEN, CAT, NOW)
    await world.block(holds=True)
    await world.network.blocks.take(Block(BEN, CAT, True, NOW, 1))
    assert await seen(world.network, ANA, View.CONNECTED) == [BEN]
    assert await seen(world.network, BEN, View.CONNECTED) == [ANA]
    assert await seen(world.network, CAT, View.RECEIVED) == [BEN]
    assert await seen(world.network, BEN, View.REQUESTED) == [CAT]


async def test_events_are_taken_for_what_they_say_and_bad_ones_are_refused() -> None:
    networks = FakeNetworks()
    handle, at = handlers(networks), Timestamp(seconds=round(NOW.timestamp()))
    named = {"network_id": str(NETWORK), "member_id": str(BEN), "blocked_id": str(ANA)}
    await handle[BlockBegun](BlockBegun(**named, begin_time=at), meta(1))
    assert networks.of(NETWORK).blocks.all == {(BEN, ANA): Block(BEN, ANA, True, NOW, 1)}
    await handle[BlockEnded](BlockEnded(**named, end_time=at), meta(2))
    assert networks.of(NETWORK).blocks.all == {(BEN, ANA): Block(BEN, ANA, False, NOW, 2)}
    for bad, sequence in (
        ({**named, "blocked_id": str(BEN)}, 3), ({**named, "member_id": "ben"}, 3), (named, 0),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await handle[BlockBegun](BlockBegun(**bad, begin_time=at), meta(sequence))


def meta(sequence: int) -> Meta:
    return Meta(TOPICS[0], 0, 0, "", "", "", sequence, None)
