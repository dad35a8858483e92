"""One contract for connections and members, held by the fakes and by the database alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import Unavailable
from common.ids import new_id
from common.mongo import Database, Document
from common.outbox import MAX_WAITING
from community.adapters.mongo import MongoNetworks
from community.application.connections import request_connection
from community.application.ports import Network, Networks, Taken
from community.domain.circle import Membership
from community.domain.connection import Connection, State, View, first_request

from services.community.tests.builders import NETWORK, NOW, OTHER_NETWORK
from services.community.tests.fakes import FakeNetworks

ANA, BEN = sorted((new_id(), new_id()))


class Contract:
    """What every implementation of Connections and Members does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def network(self, kept: Networks) -> Network:
        return kept.of(NETWORK)

    async def test_a_connection_comes_back_as_it_was_saved(self, network: Network) -> None:
        for history in (
            [asked := first_request(ANA, BEN, NOW), agreed := asked.ask(BEN, NOW),
             ended := agreed.let_go(BEN, NOW), ended.ask(BEN, NOW)],
            [other := first_request(BEN, new_id(), NOW), other.let_go(other.other(BEN), NOW)],
        ):  # fmt: skip
            before: Connection | None = None
            for now in history:
                await network.connections.save(before, now)
                assert await network.connections.get(now.id) == now
                before = now
        assert await network.connections.get(new_id()) is None

    async def test_a_connection_changes_one_version_at_a_time(self, network: Network) -> None:
        asked = first_request(ANA, BEN, NOW)
        agreed = asked.ask(BEN, NOW)
        with pytest.raises(Taken):
            await network.connections.save(asked, agreed)
        await network.connections.save(None, asked)
        for stale in ((None, asked), (agreed, agreed.let_go(ANA, NOW))):
            with pytest.raises(Taken):
                await network.connections.save(*stale)
        assert await network.connections.get(asked.id) == asked

    async def test_each_of_the_two_finds_it_where_she_sees_it(self, network: Network) -> None:
        asked = first_request(ANA, BEN, NOW)
        await network.connections.save(None, asked)
        assert await where(network, ANA) == {View.REQUESTED}
        assert await where(network, BEN) == {View.RECEIVED}
        declined = asked.let_go(BEN, NOW)
        await network.connections.save(asked, declined)
        assert (await where(network, ANA), await where(network, BEN)) == ({View.REQUESTED}, set())
        agreed = declined.ask(BEN, NOW)
        await network.connections.save(declined, agreed)
        assert await where(network, ANA) == await where(network, BEN) == {View.CONNECTED}
        await network.connections.save(agreed, agreed.let_go(ANA, NOW))
        assert await where(network, ANA) == await where(network, BEN) == set()

    async def test_pages_are_by_id_and_of_one_member(self, network: Network) -> None:
        made = [first_request(new_id(), BEN, NOW) for _ in range(5)]
        for one in (*made, first_request(ANA, new_id(), NOW)):
            await network.connections.save(None, one)
        made.sort(key=lambda one: one.id)
        page = network.connections.page
        assert list(await page(BEN, View.RECEIVED, None, 2)) == made[:2]
        assert list(await page(BEN, View.RECEIVED, made[1].id, 9)) == made[2:]
        assert list(await page(BEN, View.REQUESTED, None, 9)) == []

    async def test_whom_she_asked_lately_is_counted(self, network: Network) -> None:
        for hours in (0, 5, 30):
            asked = first_request(ANA, new_id(), NOW - timedelta(hours=hours))
            await network.connections.save(None, asked)
        await network.connections.save(None, first_request(BEN, ANA, NOW))
        asked_since = network.connections.asked_since
        lately = [NOW, NOW - timedelta(hours=5)]
        assert list(await asked_since(ANA, NOW - timedelta(days=1), 9)) == lately
        assert list(await asked_since(ANA, NOW - timedelta(days=1), 1)) == [NOW]
        assert list(await asked_since(ANA, NOW, 9)) == []

    async def test_of_what_is_removed_nothing_is_kept(self, network: Network) -> None:
        asked, other = first_request(ANA, BEN, NOW), first_request(ANA, new_id(), NOW)
        for one in (asked, other):
            await network.connections.save(None, one)
        for _ in range(2):
            await network.connections.remove(asked.id)
            assert await network.connections.get(asked.id) is None
        assert await network.connections.get(other.id) == other

    async def test_a_member_is_known_from_when_she_came_until_she_goes(
        self, network: Network
    ) -> None:
        assert not await network.members.known(ANA)
        for _ in range(2):
            await network.members.add(ANA)
            assert await network.members.known(ANA)
        for _ in range(2):
            await network.members.remove(ANA)
            assert not await network.members.known(ANA)

    async def test_nothing_is_seen_from_another_network(
        self, kept: Networks, network: Network
    ) -> None:
        asked = first_request(ANA, BEN, NOW)
        await network.connections.save(None, asked)
        await network.members.add(ANA)
        other = kept.of(OTHER_NETWORK)
        assert await other.connections.get(asked.id) is None
        assert await where(other, ANA) == set()
        assert list(await other.connections.asked_since(ANA, NOW - timedelta(1), 9)) == []
        await other.connections.remove(asked.id)
        assert not await other.members.known(ANA)
        await other.members.remove(ANA)
        with pytest.raises(Taken):
            await other.connections.save(asked, asked.ask(BEN, NOW))
        assert await network.connections.get(asked.id) == asked
        assert await network.members.known(ANA)


async def where(network: Network, member_id: UUID) -> set[View]:
    """On which lists she finds the only one there is."""
    found = set()
    for view in View:
        page = await network.connections.page(member_id, view, None, 9)
        assert len(page) == await network.connections.count(member_id, view)
        found |= {view} if page else set()
    return found


class TestFakes(Contract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks


async def test_many_who_ask_each_other_at_once_are_one_connection(networks: MongoNetworks) -> None:
    network = networks.of(NETWORK)
    for member in (ANA, BEN):
        await network.members.add(member)
    made = await asyncio.gather(
        *(request_connection(network, one, other, NOW)
          for one, other in [(ANA, BEN), (BEN, ANA)] * 6)
    )  # fmt: skip
    assert {one.id for one in made} == {made[0].id}
    kept = await network.connections.get(made[0].id)
    assert kept
    assert (kept.state, kept.version) == (State.CONNECTED, 2)


async def test_when_nothing_can_be_told_it_is_refused_and_not_lost(
    networks: MongoNetworks,
) -> None:
    network, circle = networks.of(NETWORK), new_id()
    place = Membership(circle, ANA, 1, NOW)
    await network.memberships.add(place)
    for number in range(MAX_WAITING - 1):
        place = place.leave(NOW) if place.inside else place.come_back(number + 2, NOW)
        await network.memberships.save(place)
    with pytest.raises(Unavailable):
        await network.memberships.save(place.come_back(900, NOW))
    assert await network.memberships.get(circle, ANA) == place


async def test_a_place_of_before_is_one_and_is_told_when_she_leaves(
    networks: MongoNetworks, database: Database
) -> None:
    network, circle = networks.of(NETWORK), new_id()
    await network.memberships.add(Membership(circle, ANA, 1, NOW))
    since = {"version": "", "departures": "", "left_at": "", "outbox": "", "outbox_at": ""}
    await database.unscoped("memberships").update_many({}, {"$unset": since})
    place = await network.memberships.get(circle, ANA)
    assert place == Membership(circle, ANA, 1, NOW, version=0)
    assert list(await network.memberships.circles_of(ANA)) == [circle]
    await network.memberships.save(place.leave(NOW))
    assert list(await network.memberships.circles_of(ANA)) == []
    document = await database.unscoped("memberships").find_one({})
    assert document
    assert [entry["sequence"] for entry in document["outbox"]] == [1]


async def test_every_query_walks_an_index(networks: MongoNetworks, database: Database) -> None:
    network = networks.of(NETWORK)
    for _ in range(20):
        await network.connections.save(None, first_request(new_id(), BEN, NOW))
    queries: list[tuple[Document, str]] = [
        ({"views": f"received:{BEN}"}, "_id"),
        ({"asker_id": BEN, "asked_at": {"$gt": NOW}}, "asked_at"),
        ({"member_ids": BEN}, "_id"),
        ({"member_ids": BEN, "_id": {"$gt": BEN}}, "_id"),
    ]
    for query, order in queries:
        plan = str(await database.collection("connections", NETWORK).plan(query, [(order, 1)]))
        assert "IXSCAN" in plan, query
        assert "COLLSCAN" not in plan, query
