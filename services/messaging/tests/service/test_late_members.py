"""Whoever was erased does not come back by an event that comes late."""

from __future__ import annotations

from common.clock import SystemClock
from common.ids import new_id
from common.kafka_consumer import Meta
from common.mongo import Database
from erasure.eraser import Eraser
from erasure.marks import Marks
from erasure.steps import Remove
from kith.identity.events.v1.identity_events_pb2 import AccountClosed, AccountCreated
from messaging.adapters.mongo import Networks
from messaging.entrypoints.consumers import TOPICS, handlers

from libs.erasure.tests.keys import KEY
from services.messaging.tests.builders import NETWORK, a_writing

META = Meta(TOPICS[0], 0, 0, "", "", "", 1, None)


async def test_the_records_of_who_was_erased_read_again_leave_nothing(
    networks: Networks, database: Database
) -> None:
    ada, ben = new_id(), new_id()
    marks = Marks(database, KEY)
    handle = handlers(networks, marks.joined, a_writing, SystemClock())
    created = AccountCreated(network_id=str(NETWORK), member_id=str(ada))
    closed = AccountClosed(network_id=str(NETWORK), member_id=str(ada))
    await handle[AccountCreated](created, META)
    await handle[AccountCreated](AccountCreated(network_id=str(NETWORK), member_id=str(ben)), META)
    await handle[AccountClosed](closed, META)
    eraser = Eraser("messaging", database, [Remove("members", "_id")], SystemClock(), marks)
    await eraser.erase(NETWORK, ada, new_id())
    await handle[AccountCreated](created, META)  # and the end of it was compacted away
    left = await database.collection("members", NETWORK).find({}, sort=[("_id", 1)], limit=0)
    assert [one["_id"] for one in left] == [ben]
