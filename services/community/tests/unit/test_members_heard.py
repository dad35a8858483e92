"""Who is a member, from what identity tells: in order, and however often a part of it is told."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.ids import new_id
from common.kafka_consumer import Meta
from community.entrypoints.consumers import TOPICS, handlers
from erasure.marks import Members
from kith.identity.events.v1.identity_events_pb2 import AccountClosed, AccountCreated

from services.community.tests.builders import NETWORK
from services.community.tests.fakes import FakeNetworks

META = Meta(TOPICS[0], 0, 0, "", "", "", 1, None)


@pytest.mark.parametrize("again_from", range(3))
async def test_who_is_gone_stays_gone_when_records_come_again(again_from: int) -> None:
    """A consumer that was killed reads on from an earlier record, to the end, in order."""
    networks, ada = FakeNetworks(), new_id()
    network, member = str(NETWORK), str(ada)
    log = [
        AccountCreated(network_id=network, member_id=member),
        AccountClosed(network_id=network, member_id=member),
    ]

    async def joined(members: Members, network_id: UUID, member_id: UUID) -> None:
        await members.add(member_id)

    handle = handlers(networks, joined)
    for event in [*log, *log[again_from:]]:
        await handle[type(event)](event, META)
    assert not await networks.of(NETWORK).members.known(ada)
