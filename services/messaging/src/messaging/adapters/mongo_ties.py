"""What community told of who is close to whom: a document for each place in a circle and for each
pair that was ever connected, as identity keeps it too (ADR 30); each service has its own.

What ended stays as a mark of its version for a while: an event that comes again, late, would else
bring it back. Identity knows who is a member; here that is heard from another topic, earlier or
later. So what names somebody unknown is kept for a day, and for good once she is known: of who was
erased, what comes late goes by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection as Some
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from common.clock import Clock
from common.ids import named_id
from common.mongo import ASCENDING, Collection, Document, DuplicateKeyError, IndexModel

from messaging.application.ports_sides import Pair, Place, Tie
from messaging.domain.contact import CONNECTED, IN_CIRCLE

PLACES, PAIRS = "circle_places", "connected_pairs"
MARKS_KEPT = timedelta(days=30)
"""Much longer than a relay may repeat what it published."""
UNKNOWN_KEPT = timedelta(days=1)
"""Much longer than one topic is read after the other."""
MOST_CIRCLES = 500
"""How many circles of a member are looked at; a member can join 200, an admin opens more."""
MOST_TIES = 2_000
"""How many ties of a member just heard of are confirmed: more than anybody has by then."""


def _expires(field: str, after: timedelta) -> IndexModel:
    seconds = round(after.total_seconds())
    return IndexModel([(field, ASCENDING)], name=field, expireAfterSeconds=seconds, sparse=True)


_MARKS = [_expires("ended_at", MARKS_KEPT), _expires("unknown_since", UNKNOWN_KEPT)]
INDEXES: dict[str, list[IndexModel]] = {
    PLACES: [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("holds", ASCENDING)],
            name="of_member",
        ),
        IndexModel(
            [
                ("network_id", ASCENDING),
                ("circle_id", ASCENDING),
                ("holds", ASCENDING),
                ("member_id", ASCENDING),
            ],
            name="in_circle",
        ),
        *_MARKS,
    ],
    PAIRS: [
        IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="of_member"),
        *_MARKS,
    ],
}


class MongoTies:
    """Implements ports_sides.Ties."""

    def __init__(
        self, places: Collection, pairs: Collection, members: Collection, clock: Clock
    ) -> None:
        self._places = places
        self._pairs = pairs
        self._members = members
        self._clock = clock

    async def take_place(self, place: Place, tie: Tie) -> None:
        """See ports_sides.Ties."""
        named = {"circle_id": place.circle_id, "member_id": place.member_id}
        id = named_id(place.circle_id, "member", place.member_id)
        await self._take(self._places, id, named, tie)
        await self._keep(self._places, id, {place.member_id})

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        """See ports_sides.Ties."""
        id, named = _pair_id(pair.one, pair.other), {"member_ids": sorted((pair.one, pair.other))}
        await self._take(self._pairs, id, named, tie)
        await self._keep(self._pairs, id, {pair.one, pair.other})

    async def between(self, one: UUID, other: UUID) -> Some[str]:
        """See ports_sides.Ties."""
        pair, hers, others = await asyncio.gather(
            self._pairs.find_one({"_id": _pair_id(one, other)}, {"holds": 1}),
            self.circles_of(one),
            self.circles_of(other),
        )
        connected = {CONNECTED} if pair is not None and pair["holds"] else set()
        return connected | ({IN_CIRCLE} if hers & others else set())

    async def confirm(self, member_ids: Some[UUID]) -> None:
        """See ports_sides.Ties."""
        for id in member_ids:
            for place in await self._places.find(
                {"member_id": id}, sort=[("_id", ASCENDING)], limit=MOST_TIES
            ):
                await self._keep(self._places, place["_id"], {id})
            for pair in await self._pairs.find(
                {"member_ids": id}, sort=[("_id", ASCENDING)], limit=MOST_TIES
            ):
                await self._keep(self._pairs, pair["_id"], set(pair["member_ids"]))

    async def _take(self, collection: Collection, id: UUID, named: Document, tie: Tie) -> None:
        """Keep what is newer than what is kept; older and the same again change nothing."""
        state: Document = {**named, "holds": tie.holds, "version": tie.version}
        state["unknown_since"] = self._now()
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

    async def _keep(self, collection: Collection, id: UUID, member_ids: set[UUID]) -> None:
        """For good, if all of them are known by now: this is after the write, and whoever makes
        somebody known confirms after hers, so one of both finds the other."""
        known = await self._members.find(
            {"_id": {"$in": list(member_ids)}}, sort=[("_id", ASCENDING)], limit=len(member_ids)
        )
        if len(known) == len(member_ids):
            await collection.update_one({"_id": id}, {"$unset": {"unknown_since": ""}})

    async def members_in(self, circle_id: UUID, limit: int) -> Sequence[UUID]:
        """See ports_sides.Ties."""
        found = await self._places.find(
            {"circle_id": circle_id, "holds": True}, sort=[("member_id", ASCENDING)], limit=limit,
            projection={"member_id": 1},
        )  # fmt: skip
        return [document["member_id"] for document in found]

    async def those_in(self, circle_id: UUID, member_ids: Some[UUID]) -> set[UUID]:
        """See ports_sides.Ties."""
        ids = [named_id(circle_id, "member", member_id) for member_id in member_ids]
        found = await self._places.find(
            {"_id": {"$in": ids}}, sort=[("_id", ASCENDING)], limit=0,
            projection={"member_id": 1, "holds": 1},
        )  # fmt: skip
        return {document["member_id"] for document in found if document["holds"]}

    async def circles_of(self, member_id: UUID) -> set[UUID]:
        """See ports_sides.Ties."""
        found = await self._places.find(
            {"member_id": member_id, "holds": True}, sort=[("_id", ASCENDING)],
            limit=MOST_CIRCLES, projection={"circle_id": 1},
        )  # fmt: skip
        return {document["circle_id"] for document in found}

    def _now(self) -> datetime:
        return self._clock.now()


def _pair_id(one: UUID, other: UUID) -> UUID:
    first, second = sorted((one, other))
    return named_id(first, "connection", second)
