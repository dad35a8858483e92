"""One contract for blocks heard, held by the fake and by the database alike; and what the database
does with those of whom it does not know."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.ids import new_id
from common.mongo import Database
from community.adapters.exporting import KINDS
from community.adapters.mongo import MongoNetworks
from community.adapters.mongo_blocks import COLLECTION
from community.application.connections import request_connection
from community.application.ports import Network, Networks
from community.application.ports_blocks import Block
from export.kinds import Record, Whose

from services.community.tests.builders import NETWORK, NOW, OTHER_NETWORK
from services.community.tests.fakes import FakeNetworks

ANA, BEN, CAT = new_id(), new_id(), new_id()


def a_block(version: int, *, holds: bool = True, of: UUID = ANA, by: UUID = BEN) -> Block:
    return Block(by, of, holds, NOW, version)


class Contract:
    """What every implementation of Blocks does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def network(self, kept: Networks) -> Network:
        return kept.of(NETWORK)

    async def test_the_newest_is_true_in_whatever_order_and_however_often(
        self, network: Network
    ) -> None:
        blocks = network.blocks
        told = [(1, True, {ANA}), (3, True, {ANA}), (2, False, {ANA}), (4, False, set()),
                (3, True, set()), (4, False, set()), (5, True, {ANA})]  # fmt: skip
        for version, holds, expected in told:
            await blocks.take(a_block(version, holds=holds))
            assert set(await blocks.blocked_by(BEN, [ANA, CAT])) == expected, version

    async def test_it_goes_one_way_and_stays_in_its_network(
        self, kept: Networks, network: Network
    ) -> None:
        await network.blocks.take(a_block(1))
        await network.blocks.take(a_block(1, of=CAT))
        assert set(await network.blocks.blocked_by(BEN, [ANA, CAT])) == {ANA, CAT}
        assert set(await network.blocks.blocked_by(BEN, [CAT])) == {CAT}
        assert not await network.blocks.blocked_by(BEN, [])
        assert not await network.blocks.blocked_by(ANA, [BEN])
        assert not await kept.of(OTHER_NETWORK).blocks.blocked_by(BEN, [ANA])


class TestFakes(Contract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks


async def test_what_names_somebody_unknown_is_kept_for_good_once_she_is_known(
    networks: MongoNetworks, database: Database
) -> None:
    network = networks.of(NETWORK)
    await network.members.add(BEN)
    await network.blocks.take(a_block(1))
    assert "unknown_since" in await only(database)
    await network.blocks.confirm(ANA)
    assert "unknown_since" in await only(database)
    await network.members.add(ANA)
    await network.blocks.confirm(ANA)
    assert "unknown_since" not in await only(database)
    await network.blocks.take(a_block(2, holds=False))
    ended = await only(database)
    assert (ended["holds"], ended["ended_at"], "unknown_since" in ended) == (False, NOW, False)
    await network.blocks.take(a_block(3))
    assert "ended_at" not in await only(database)


async def test_an_export_says_nothing_of_a_request_by_somebody_she_blocks(
    networks: MongoNetworks, database: Database
) -> None:
    network = networks.of(NETWORK)
    for member in (ANA, BEN, CAT):
        await network.members.add(member)
    for asker in (ANA, CAT):
        await request_connection(network, asker, BEN, NOW)
    before = await exported(database, ANA)
    await network.blocks.take(a_block(1))
    assert [one["memberId"] for one in await exported(database, BEN)] == [str(CAT)]
    assert await exported(database, ANA) == before
    await network.blocks.take(a_block(2, holds=False))
    assert {one["memberId"] for one in await exported(database, BEN)} == {str(ANA), str(CAT)}


async def only(database: Database) -> dict[str, object]:
    [found] = await database.unscoped(COLLECTION).find().to_list(None)
    return dict(found)


async def exported(database: Database, to: UUID) -> list[Record]:
    (kind,) = (kind for kind in KINDS if kind.name == "connections")
    found, rest = await kind.page(database, Whose(NETWORK, to), "")
    assert not rest
    return found
