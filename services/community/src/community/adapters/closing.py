"""Connections of a leaving member, closed before they go."""

from __future__ import annotations

from dataclasses import dataclass

from common.mongo import ASCENDING, Database, Document
from erasure.receipts import Count
from erasure.steps import BATCH, Leaving

from community.domain.connection import State


@dataclass(frozen=True, slots=True)
class CloseConnections:
    """From here on nobody changes a connection of hers, so that nothing is told of it later."""

    kind: str

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        return Count()

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        collection = database.collection(self.kind, leaving.network_id)
        closed = State.CLOSED.value
        close = {"$set": {"state": closed, "views": []}, "$inc": {"version": 1}}
        wanted: Document = {"member_ids": leaving.member_id}
        while found := await collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=BATCH, projection={"_id": 1}
        ):
            for document in found:
                open_one = {"_id": document["_id"], "state": {"$ne": closed}}
                await collection.update_one(open_one, close)
            wanted["_id"] = {"$gt": found[-1]["_id"]}
