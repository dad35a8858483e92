"""Other services hear who does not hear whom, in ids alone, and nothing of whoever was erased."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Unavailable
from common.grpc_client import call
from common.ids import named_id, new_id
from common.mongo import Database
from erasure.eraser import Eraser
from erasure.receipts import Count
from kith.messaging.events.v1 import block_events_pb2 as events
from kith.messaging.v1 import contact_service_pb2 as contacts
from messaging.adapters.block_events import BLOCK_TOPIC
from messaging.adapters.erasing import steps
from messaging.adapters.mongo import Networks
from messaging.application.blocking import block, unblock
from messaging.domain.block import Block
from messaging.domain.errors import MemberNotFound

from services.messaging.tests.asking import PATIENCE
from services.messaging.tests.builders import ADA, BEN, CAT, HOUR, NETWORK, NOW
from services.messaging.tests.doors import Issuer
from services.messaging.tests.service.test_running import opened_when_known
from services.messaging.tests.surroundings import BLOCKED, Surroundings, header

KEY = named_id(NETWORK, "block", ADA, BEN)


async def test_a_block_and_its_end_are_told_in_order_by_pair(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada = issuer.token(ADA)
    async with surroundings.running() as (_, client):
        await surroundings.tell(ADA, BEN)
        await opened_when_known(client, ada, BEN)
        begin = contacts.BlockMemberRequest(member_id=str(BEN))
        end = contacts.UnblockMemberRequest(member_id=str(BEN))
        for _ in range(2):
            await call(client.contacts.BlockMember, begin, token=ada, seconds=PATIENCE)
        for _ in range(2):
            await call(client.contacts.UnblockMember, end, token=ada, seconds=PATIENCE)
        await call(client.contacts.BlockMember, begin, token=ada, seconds=PATIENCE)
        told = await surroundings.records(BLOCKED, 3)
    assert {one.key.decode() for one in told} == {str(KEY)}
    assert [header(one, "ce_sequence") for one in told] == ["1", "2", "3"]
    first, second, third = (one.value for one in told)
    for fact in (
        events.BlockBegun.FromString(first), events.BlockEnded.FromString(second),
        events.BlockBegun.FromString(third),
    ):  # fmt: skip
        named = (fact.network_id, fact.member_id, fact.blocked_id)
        assert named == (str(NETWORK), str(ADA), str(BEN))
    kinds = [header(one, "ce_type").rpartition(".")[2] for one in told]
    assert kinds == ["BlockBegun", "BlockEnded", "BlockBegun"]


async def test_blocks_of_whoever_leaves_end_in_tombstones_once_all_is_told(
    networks: Networks, database: Database
) -> None:
    ends: list[tuple[str, UUID]] = []

    async def let_go(topic: str, key: UUID) -> None:
        ends.append((topic, key))

    blocks = networks.of(NETWORK).sides.blocks
    for one, other in ((ADA, BEN), (BEN, ADA), (CAT, ADA), (CAT, BEN)):
        await blocks.save(Block(one, other).begin(NOW))
    eraser = Eraser("messaging", database, steps(let_go), SystemClock())
    erasure_id = new_id()
    with pytest.raises(Unavailable):  # what waits would come behind the tombstone
        await eraser.erase(NETWORK, ADA, erasure_id)
    assert ends == []
    await all_is_told(database)
    receipt = await eraser.erase(NETWORK, ADA, erasure_id)
    assert receipt.counts["blocks"] == Count(removed=3)
    pairs = ((ADA, BEN), (BEN, ADA), (CAT, ADA))
    keys = {(BLOCK_TOPIC, named_id(NETWORK, "block", *pair)) for pair in pairs}
    assert (len(ends), set(ends)) == (3, keys)
    assert set(await blocks.of(CAT, [ADA, BEN])) == {BEN}


async def test_a_block_that_is_taken_back_leaves_a_tombstone_behind_what_was_told(
    networks: Networks, database: Database
) -> None:
    ends: list[UUID] = []

    async def let_go(_: str, key: UUID) -> None:
        assert await database.unscoped("blocks").count_documents({"outbox_at": {"$gt": 0}}) == 0
        ends.append(key)

    networks.let_go = let_go
    blocks = networks.of(NETWORK).sides.blocks
    await blocks.forget(ADA, BEN)
    assert ends == []
    await blocks.save(Block(ADA, BEN).begin(NOW))
    await all_is_told(database)
    await blocks.forget(ADA, BEN)
    assert ends == [KEY]
    assert not await blocks.of(ADA, [BEN])


async def test_blocking_twice_is_told_once_and_nobody_unknown_is_told_of(
    networks: Networks, database: Database
) -> None:
    network = networks.of(NETWORK)
    with pytest.raises(MemberNotFound):
        await block(network, caller=ADA, blocked=BEN, at=NOW)
    assert await waiting(database) == []
    await networks.members(NETWORK).add(BEN)
    for _ in range(2):
        await block(network, caller=ADA, blocked=BEN, at=NOW)
    for _ in range(2):
        await unblock(network, caller=ADA, blocked=BEN, at=NOW + HOUR)
    begun, ended = await waiting(database)
    at = events.BlockBegun.FromString(begun).begin_time.ToDatetime(NOW.tzinfo)
    assert (at, events.BlockEnded.FromString(ended).end_time.ToDatetime(NOW.tzinfo)) == (
        NOW, NOW + HOUR,
    )  # fmt: skip


async def waiting(database: Database) -> list[bytes]:
    """What waits to be told, in order."""
    found = await database.unscoped("blocks").find().to_list(None)
    return [entry["payload"] for document in found for entry in document["outbox"]]


async def all_is_told(database: Database) -> None:
    """As the relay leaves it."""
    forget = {"$unset": {"outbox": "", "outbox_at": "", "outbox_last": ""}}
    await database.unscoped("blocks").update_many({}, forget)
