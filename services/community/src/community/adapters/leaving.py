"""A leaving member goes out of her circles first, so that none counts her any more."""

from __future__ import annotations

from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import ASCENDING, Database, Document
from erasure.receipts import Count
from erasure.steps import BATCH, Leaving

from community.adapters.mongo import MongoNetworks
from community.application.count_departures import count_departures


class LeaveCircles:
    """Her places are left, and their circles have counted it, also what a crash left uncounted.

    It is told by the tombstone that each place ends in, and in no event that would delay it.
    """

    kind = "memberships"

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        return Count()

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step. Raises Unavailable while many leave a circle of hers."""
        places = database.collection(self.kind, leaving.network_id)
        network = MongoNetworks(database, wake=lambda: None).of(leaving.network_id)
        wanted: Document = {"member_id": leaving.member_id}
        while found := await places.find(
            wanted, sort=[("_id", ASCENDING)], limit=BATCH,
            projection={"circle_id": 1, "joined_at": 1},
        ):  # fmt: skip
            for place in found:
                out = {"left_at": place["joined_at"]}  # for a moment: the place goes
                await places.update_one(
                    {"_id": place["_id"], "left_at": None},
                    {"$set": out, "$inc": {"departures": 1, "version": 1}},
                )
                try:
                    await count_departures(network, place["circle_id"], leaving.member_id)
                except ConcurrentUpdate as error:
                    raise Unavailable("many leave a circle of hers; again in a moment") from error
            wanted["_id"] = {"$gt": found[-1]["_id"]}
