"""What community told of who is close to whom: a document for each place in a circle and for each
pair that was ever connected, and what ties two members by them.

Ids follow from what they are of, so a look-up is by id. What ended stays as a mark of its version
for a while: an event that comes again, late, would else bring it back.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from common.ids import named_id
from common.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel

from identity.application.ports_ties import Pair, Place, Tie

PLACES, PAIRS = "circle_places", "connected_pairs"
MARKS_KEPT = timedelta(days=30)
"""Much longer than a relay may repeat what it published."""
MOST_CIRCLES = 500
"""How many circles of a member are looked at; a member can join 200, an admin opens more."""
_EXPIRED = IndexModel(
    [("ended_at", ASCENDING)],
    name="expired",
    expireAfterSeconds=round(MARKS_KEPT.total_seconds()),
    sparse=True,
)
INDEXES: dict[str, list[IndexModel]] = {
    PLACES: [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("holds", ASCENDING)],
            name="of_member",
        ),
        _EXPIRED,
    ],
    PAIRS: [
        IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="of_member"),
        _EXPIRED,
    ],
}


class MongoTies:
    """Implements ports_ties.Ties."""

    def __init__(self, places: Collection, pairs: Collection) -> None:
        self._places = places
        self._pairs = pairs

    async def take_place(self, place: Place, tie: Tie) -> None:
        """See ports_ties.Ties."""
        named = {"circle_id": place.circle_id, "member_id": place.member_id}
        await _take(self._places, named_id(place.circle_id, "member", place.member_id), named, tie)

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        """See ports_ties.Ties."""
        named = {"member_ids": sorted((pair.one, pair.other))}
        await _take(self._pairs, _pair_id(pair.one, pair.other), named, tie)

    async def between(self, one: UUID, other: UUID) -> frozenset[str]:
        """See ports_ties.Ties."""
        pair, hers, others = await asyncio.gather(
            self._pairs.find_one({"_id": _pair_id(one, other)}, {"holds": 1}),
            self._circles_of(one),
            self._circles_of(other),
        )
        connected = {"connected"} if pair is not None and pair["holds"] else set()
        return frozenset(connected | ({"circle"} if hers & others else set()))

    async def forget(self, member_id: UUID) -> None:
        """See ports_ties.Ties."""
        await self._places.delete_many({"member_id": member_id})
        await self._pairs.delete_many({"member_ids": member_id})

    async def _circles_of(self, member_id: UUID) -> set[UUID]:
        found = await self._places.find(
            {"member_id": member_id, "holds": True}, sort=[("_id", ASCENDING)],
            limit=MOST_CIRCLES, projection={"circle_id": 1},
        )  # fmt: skip
        return {document["circle_id"] for document in found}


def ties_of(database: Database, network_id: UUID) -> MongoTies:
    """What ties members of a network."""
    collection = database.collection
    return MongoTies(collection(PLACES, network_id), collection(PAIRS, network_id))


async def _take(collection: Collection, id: UUID, named: Document, tie: Tie) -> None:
    """Keep what is newer than what is kept; older and the same again change nothing."""
    state: Document = {**named, "holds": tie.holds, "version": tie.version}
    update: Document = {"$set": state}
    if tie.holds:
        update["$unset"] = {"ended_at": ""}
    else:
        state["ended_at"] = tie.at
    older = {"_id": id, "version": {"$lt": tie.version}}
    try:
        await collection.update_one(older, update, upsert=True)
    except DuplicateKeyError:
        return  # what is kept is newer, or the same


def _pair_id(one: UUID, other: UUID) -> UUID:
    first, second = sorted((one, other))
    return named_id(first, "connection", second)
