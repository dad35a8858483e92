"""What circles count of who left: once, by fakes and database alike, whoever dies or erases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from community.adapters.erasing import steps
from community.adapters.mongo import MongoNetworks
from community.application.count_departures import count_departures
from community.application.create_circle import create_circle
from community.application.join_circle import join_circle
from community.application.leave_circle import leave_circle
from community.application.ports import Network, Networks
from community.application.turns import Turns
from community.domain.circle import Circle, Counted, Membership
from erasure.eraser import Eraser

from services.community.tests.builders import NETWORK, NOW, a_circle, a_circle_draft
from services.community.tests.fakes import FakeNetworks


class Contract:
    """What every implementation of Circles and Memberships does to count."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def network(self, kept: Networks) -> Network:
        return kept.of(NETWORK)

    async def test_a_circle_counts_only_what_it_did_not_count_since_it_was_read(
        self, network: Network
    ) -> None:
        circle = a_circle()[0]
        await network.circles.add(circle)
        first, second = Counted(new_id(), 1), Counted(new_id(), 3)
        await network.circles.count_left(circle, 1, first)
        for late in (circle, replace(circle, left_count=1, counted=first)):
            await network.circles.count_left(late, 2, second)
        await network.circles.settle(circle.id, second)
        kept = await network.circles.get(circle.id)
        assert kept == replace(circle, left_count=1, counted=first)
        await network.circles.settle(circle.id, first)
        await network.circles.count_left(circle, 2, second)
        now = replace(circle, left_count=1)
        assert await network.circles.get(circle.id) == now
        await network.circles.count_left(now, 2, second)
        kept = await network.circles.get(circle.id)
        assert kept == replace(circle, left_count=3, counted=second)
        await network.circles.count_left(replace(circle, id=new_id()), 1, first)
        await network.circles.settle(new_id(), first)

    async def test_a_place_knows_what_was_counted_whoever_saves_it(self, network: Network) -> None:
        place = Membership(new_id(), new_id(), 1, NOW)
        await network.memberships.add(place)
        left = place.leave(NOW)
        await network.memberships.save(left)
        for number, wanted in ((1, 1), (0, 1)):
            counted = Counted(place.member_id, number)
            await network.memberships.mark_counted(place.circle_id, counted)
            kept = await network.memberships.get(place.circle_id, place.member_id)
            assert kept == replace(left, counted=wanted)
        await network.memberships.save(again := left.come_back(2, NOW))  # read before it was marked
        kept = await network.memberships.get(place.circle_id, place.member_id)
        assert kept == replace(again, counted=1)
        await network.memberships.mark_counted(new_id(), counted)
        assert await network.memberships.get(new_id(), place.member_id) is None

    @pytest.mark.parametrize("writes", range(4))
    @pytest.mark.parametrize("then", ["leaves again", "comes back", "another leaves first"])
    async def test_a_crash_between_any_two_writes_is_mended(
        self, network: Network, writes: int, then: str
    ) -> None:
        circle = await create_circle(network, a_circle_draft())
        ada, ben = new_id(), new_id()
        for member in (ada, ben):
            await join(network, circle.id, member)
        with pytest.raises(Died):
            await leave(dying(network, writes), circle.id, ada)
        left = 1
        if then == "another leaves first":
            await leave(network, circle.id, ben)
            left += 1
        if then == "comes back":
            told = await join(network, circle.id, ada)
            assert (told.present_count, told.left_count) == ((3, 0) if writes == 0 else (3, 1))
            return
        told = await leave(network, circle.id, ada)
        assert (told.present_count, told.left_count) == (3 - left, left)
        kept = await network.circles.get(circle.id)
        assert kept == told
        assert kept.counted is None


class TestFakes(Contract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks


class Died(Exception):
    """The process is no more."""


class Dying:
    """A port to a process that dies before a write of its own, after so many more of its writes."""

    WRITES = ("save", "count_left", "mark_counted", "settle")

    def __init__(self, port: object, more: list[None]) -> None:
        self._port = port
        self._more = more

    def __getattr__(self, name: str) -> Any:
        if name in self.WRITES:
            if not self._more:
                raise Died
            self._more.pop()
        return getattr(self._port, name)


def dying(network: Network, writes: int) -> Network:
    """The network as a process has it that makes so many writes."""
    more = [None] * writes
    circles: Any = Dying(network.circles, more)
    memberships: Any = Dying(network.memberships, more)
    return replace(network, circles=circles, memberships=memberships)


async def join(network: Network, circle_id: UUID, member_id: UUID) -> Circle:
    return await join_circle(network, Turns(), circle_id=circle_id, member_id=member_id, at=NOW)


async def leave(network: Network, circle_id: UUID, member_id: UUID) -> Circle:
    return await leave_circle(network, Turns(), circle_id=circle_id, member_id=member_id, at=NOW)


async def test_many_who_count_the_same_at_once_count_it_once(networks: MongoNetworks) -> None:
    network = networks.of(NETWORK)
    circle = await create_circle(network, a_circle_draft())
    members = [new_id() for _ in range(3)]
    for member in members:
        await join(network, circle.id, member)
        with pytest.raises(Died):
            await leave(dying(network, 1), circle.id, member)
    told = await asyncio.gather(
        *(count_departures(network, circle.id, member) for member in members * 4)
    )
    assert {one.left_count for one in told if one} <= {1, 2, 3}
    kept = await network.circles.get(circle.id)
    assert kept == replace(circle, member_count=4, left_count=3)


class Overtaken:
    """Memberships; somebody counts each departure before its place is looked at."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def get(self, circle_id: UUID, member_id: UUID) -> Membership | None:
        await count_departures(self._network, circle_id, member_id)
        return await self._network.memberships.get(circle_id, member_id)


async def test_who_was_overtaken_is_told_of_what_the_other_counted() -> None:
    network = FakeNetworks().of(NETWORK)
    circle, member = await create_circle(network, a_circle_draft()), new_id()
    await join(network, circle.id, member)
    with pytest.raises(Died):
        await leave(dying(network, 1), circle.id, member)
    overtaken: Any = Overtaken(network)
    told = await count_departures(replace(network, memberships=overtaken), circle.id, member)
    assert told == await network.circles.get(circle.id)
    assert told
    assert told.left_count == 1


async def test_who_is_erased_is_counted_no_more_and_nobody_twice(
    networks: MongoNetworks, database: Database
) -> None:
    async def let_go(topic: str, key: UUID) -> None:
        """No broker is at hand."""

    network = networks.of(NETWORK)
    circle = await create_circle(network, a_circle_draft())
    there, left, died, others = new_id(), new_id(), new_id(), [new_id() for _ in range(3)]
    for member in (there, left, died, *others):
        await join(network, circle.id, member)
    await leave(network, circle.id, left)
    with pytest.raises(Died):
        await leave(dying(network, 2), circle.id, died)  # the circle still has a note of her
    told = {"$unset": {"outbox": "", "outbox_at": "", "outbox_last": ""}}
    await database.unscoped("memberships").update_many({}, told)
    eraser = Eraser("community", database, steps(let_go), SystemClock())
    await asyncio.gather(
        *(eraser.erase(NETWORK, member, new_id()) for member in (there, left, died)),
        *(leave(network, circle.id, member) for member in others[:2]),
    )
    kept = await network.circles.get(circle.id)
    assert kept == replace(circle, member_count=7, left_count=5)
    assert kept.present_count == 2
    assert (await leave(network, circle.id, others[2])).present_count == 1


async def test_of_no_circle_nothing_is_counted(networks: MongoNetworks) -> None:
    assert await count_departures(networks.of(NETWORK), new_id(), new_id()) is None


async def test_who_never_gets_to_count_is_told_to_try_again() -> None:
    network = FakeNetworks().of(NETWORK)
    circle = await create_circle(network, a_circle_draft())

    class Racing(Dying):
        async def count_left(self, *_: object) -> None:
            """Somebody else was faster."""

    racing: Any = Racing(network.circles, [])
    with pytest.raises(ConcurrentUpdate):
        await leave(replace(network, circles=racing), circle.id, circle.founder_id)
