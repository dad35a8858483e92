"""Asking, agreeing and letting go over ports in memory: what is counted, refused, and raced for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate, Invalid, Limited
from common.ids import new_id
from community.application import connections
from community.application.connections import (
    accept_connection,
    delete_connection,
    list_connections,
    request_connection,
)
from community.application.ports_connections import Taken
from community.domain.connection import (
    QUIET,
    Connection,
    State,
    Told,
    View,
    connection_id,
    first_request,
)
from community.domain.errors import ConnectionNotRequested, ConnectionsFull, MemberNotFound

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.fakes import FakeNetwork, a_network
from services.community.tests.fakes_connections import FakeConnections, FakeMembers

ANA, BEN = new_id(), new_id()
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def network() -> FakeNetwork:
    network = a_network(NETWORK)
    network.members.all |= {ANA, BEN}
    return network


async def seen(network: FakeNetwork, member_id: UUID, view: View) -> list[UUID]:
    found, more = await list_connections(network, member_id, view, None, 50)
    assert not more
    return [one.other(member_id) for one in found]


async def test_two_members_find_together_and_part(network: FakeNetwork) -> None:
    await request_connection(network, ANA, BEN, NOW)
    assert await seen(network, ANA, View.REQUESTED) == [BEN]
    assert await seen(network, BEN, View.RECEIVED) == [ANA]
    made = await accept_connection(network, BEN, ANA, NOW)
    assert await accept_connection(network, BEN, ANA, NOW) == made
    assert await seen(network, ANA, View.CONNECTED) == [BEN]
    assert await seen(network, ANA, View.REQUESTED) == []
    for _ in range(2):
        await delete_connection(network, ANA, BEN, NOW)
        assert await seen(network, BEN, View.CONNECTED) == []


async def test_of_who_is_not_there_nothing_is_told(network: FakeNetwork) -> None:
    nobody = new_id()
    with pytest.raises(MemberNotFound):
        await request_connection(network, ANA, nobody, NOW)
    for other in (nobody, BEN):
        with pytest.raises(ConnectionNotRequested):
            await accept_connection(network, ANA, other, NOW)
        await delete_connection(network, ANA, other, NOW)
    with pytest.raises(Invalid):
        await request_connection(network, ANA, ANA, NOW)
    assert network.connections.all == {}


async def test_who_leaves_cannot_be_asked_nor_agreed_to(network: FakeNetwork) -> None:
    await request_connection(network, ANA, BEN, NOW)
    await network.members.remove(ANA)
    with pytest.raises(ConnectionNotRequested):
        await accept_connection(network, BEN, ANA, NOW)
    with pytest.raises(MemberNotFound):
        await request_connection(network, BEN, ANA, NOW)
    await delete_connection(network, BEN, ANA, NOW)
    assert await seen(network, BEN, View.RECEIVED) == []


async def test_a_member_asks_so_many_a_day(network: FakeNetwork) -> None:
    others = [new_id() for _ in range(connections.MAX_ASKED + 1)]
    network.members.all |= set(others)
    for other in others[:-1]:
        await request_connection(network, ANA, other, NOW)
    with pytest.raises(Limited) as refused:
        await request_connection(network, ANA, others[-1], NOW + timedelta(hours=23, seconds=0.5))
    assert refused.value.metadata["retry_after_seconds"] == "3600"
    await request_connection(network, ANA, others[0], NOW)  # again is no other one
    await request_connection(network, others[-1], ANA, NOW)
    await request_connection(network, ANA, others[-1], NOW)  # nor is agreeing
    await request_connection(network, ANA, BEN, NOW + timedelta(days=1))


async def test_the_bound_does_not_tell_who_was_declined(network: FakeNetwork) -> None:
    """She asked him lately, as she knows; to show it to him only now is free."""
    late = NOW + QUIET
    declined = replace(first_request(ANA, BEN, NOW).let_go(BEN, NOW), asked_at=late - A_SECOND)
    waits = first_request(ANA, cat := new_id(), late - A_SECOND)
    network.members.all.add(cat)
    for one in (declined, waits, *(first_request(ANA, new_id(), late) for _ in range(18))):
        network.connections.all[one.id] = one
    for other in (BEN, cat):
        told = (await request_connection(network, ANA, other, late)).told_to(ANA)
        assert told == Told(View.REQUESTED, True, late - A_SECOND, late - A_SECOND)
    assert await seen(network, BEN, View.RECEIVED) == [ANA]


class Leaving(FakeMembers):
    """Whoever was looked for is gone the next moment."""

    async def known(self, member_id: UUID) -> bool:
        there = await super().known(member_id)
        await self.remove(member_id)
        return there


async def test_nothing_stays_of_asking_who_is_erased_meanwhile(network: FakeNetwork) -> None:
    leaving = replace(network, members=Leaving())
    await leaving.members.add(BEN)
    with pytest.raises(MemberNotFound):
        await request_connection(leaving, ANA, BEN, NOW)
    assert leaving.connections.all == {}


async def test_a_member_has_so_many_connections(network: FakeNetwork) -> None:
    for _ in range(connections.MAX_CONNECTIONS):
        made = first_request(new_id(), BEN, NOW - timedelta(days=9)).ask(BEN, NOW)
        network.connections.all[made.id] = made
    await request_connection(network, ANA, BEN, NOW)
    for agree in (accept_connection, request_connection):
        with pytest.raises(ConnectionsFull):
            await agree(network, BEN, ANA, NOW)
    await delete_connection(network, BEN, made.other(BEN), NOW)
    assert (await accept_connection(network, BEN, ANA, NOW)).state is State.CONNECTED


async def test_pages_hold_each_once(network: FakeNetwork) -> None:
    others = [new_id() for _ in range(7)]
    for other in others:
        made = first_request(other, ANA, NOW)
        network.connections.all[made.id] = made
    listed, rest = await list_connections(network, ANA, View.RECEIVED, None, 3)
    while rest:
        found, rest = await list_connections(network, ANA, View.RECEIVED, rest, 3)
        listed = [*listed, *found]
    assert sorted(one.other(ANA) for one in listed) == sorted(others)
    assert len(listed) == 7


class Faster(FakeConnections):
    """Ben asks at the same time and is first."""

    async def save(self, before: Connection | None, after: Connection) -> None:
        if not self.all:
            self.all[after.id] = first_request(BEN, ANA, NOW)
        await super().save(before, after)


async def test_two_who_ask_at_once_are_connected(network: FakeNetwork) -> None:
    raced = replace(network, connections=Faster())
    made = await request_connection(raced, ANA, BEN, NOW)
    assert (made.state, made.asker_id) == (State.CONNECTED, BEN)
    assert raced.connections.all == {connection_id(ANA, BEN): made}


class Refusing(FakeConnections):
    """Somebody is always faster."""

    async def save(self, before: Connection | None, after: Connection) -> None:
        raise Taken


async def test_who_is_never_first_is_told_to_try_again(network: FakeNetwork) -> None:
    busy = replace(network, connections=Refusing())
    with pytest.raises(ConcurrentUpdate):
        await request_connection(busy, ANA, BEN, NOW)
    made = first_request(BEN, ANA, NOW)
    busy.connections.all[made.id] = made
    with pytest.raises(ConcurrentUpdate):
        await delete_connection(busy, ANA, BEN, NOW)
