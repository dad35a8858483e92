"""The read model of who left, on the database: noted, gone, and told with the right numbers."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.clock import SystemClock
from common.errors import Unavailable
from common.ids import new_id
from common.mongo import Database
from erasure.eraser import Eraser
from erasure.receipts import Count
from kith.activity.events.v1 import activity_events_pb2 as pb
from signals.adapters.erasing import STEPS
from signals.adapters.mongo import INDEXES, MongoWriter
from signals.application.ports import Cleared

from services.signals.tests.builders import NETWORK, a_log, changes

ADA, BEA = UUID(int=1), UUID(int=2)
ASKED = [(pb.ACTIVITY_KIND_ASK, day) for day in range(1, 13)]
GONE = Cleared(NETWORK, ADA, 99, erased=True)


async def test_her_rows_go_with_the_stream_and_the_receipt_waits_for_that(
    database: Database,
) -> None:
    await database.create_collections(INDEXES)
    writer, erasure_id = MongoWriter(database, SystemClock()), new_id()
    eraser = Eraser("signals", database, STEPS, SystemClock())
    for member in (ADA, BEA):
        await writer.write(changes(a_log(member, *ASKED), 1))
    with pytest.raises(Unavailable):
        await eraser.erase(NETWORK, ADA, erasure_id)
    assert await database.unscoped("members").count_documents({"_id": ADA}) == 1

    for _ in range(2):  # it comes again
        await writer.write([GONE])
    assert await database.unscoped("members").count_documents({"_id": ADA}) == 0
    assert await database.unscoped("days").count_documents({"member_id": ADA}) == 0
    receipt = await eraser.erase(NETWORK, ADA, erasure_id)
    assert receipt.counts == {"days": Count(removed=9), "members": Count(removed=1)}
    assert await eraser.erase(NETWORK, ADA, erasure_id) == receipt
    assert await database.unscoped("erased").find().to_list(None) == []
    assert await database.unscoped("days").count_documents({"member_id": BEA}) == 9


async def test_the_note_does_not_name_her(database: Database) -> None:
    await database.create_collections(INDEXES)
    await MongoWriter(database, SystemClock()).write([*changes(a_log(ADA, *ASKED), 3), GONE])
    (note,) = await database.unscoped("erased").find().to_list(None)
    assert ADA not in note.values()
    assert note["members"] == 0, "her row never was: it came and went in one batch"
