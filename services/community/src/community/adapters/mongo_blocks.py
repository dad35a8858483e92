"""What messaging told of who does not hear whom: a document for each ordered pair.

What ended stays as a mark of its version for a while: an event that comes again, late, would else
bring it back. What names somebody who is not known (yet, or any more) goes after a day.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from datetime import timedelta
from uuid import UUID

from common.clock import Clock
from common.ids import named_id
from common.mongo import ASCENDING, Collection, Document, DuplicateKeyError, IndexModel

from community.application.ports_blocks import Block

COLLECTION = "blocks"
MARKS_KEPT = timedelta(days=30)
"""Much longer than a relay may repeat what it published."""
UNKNOWN_KEPT = timedelta(days=1)
"""Much longer than one topic is read after the other."""
MOST_CONFIRMED = 2_000
"""How many blocks that name a member just heard of are confirmed: more than there are by then."""


def _expires(field: str, after: timedelta) -> IndexModel:
    seconds = round(after.total_seconds())
    return IndexModel([(field, ASCENDING)], name=field, expireAfterSeconds=seconds, sparse=True)


INDEXES = [
    IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="names"),
    _expires("ended_at", MARKS_KEPT),
    _expires("unknown_since", UNKNOWN_KEPT),
]


class MongoBlocks:
    """Implements ports_blocks.Blocks."""

    def __init__(self, collection: Collection, members: Collection, clock: Clock) -> None:
        self._collection = collection
        self._members = members
        self._clock = clock

    async def take(self, block: Block) -> None:
        """See ports_blocks.Blocks."""
        id = _id(block.member_id, block.blocked_id)
        state: Document = {
            "member_id": block.member_id, "blocked_id": block.blocked_id,
            "member_ids": [block.member_id, block.blocked_id], "holds": block.holds,
            "version": block.version, "unknown_since": self._clock.now(),
        }  # fmt: skip
        update: Document = {"$set": state}
        if block.holds:
            update["$unset"] = {"ended_at": ""}
        else:
            state["ended_at"] = block.at
        older = {"_id": id, "version": {"$lt": block.version}}
        try:
            await self._collection.update_one(older, update, upsert=True)
        except DuplicateKeyError:
            pass  # what is kept is newer, or the same
        await self._keep(id, {block.member_id, block.blocked_id})

    async def blocked_by(self, member_id: UUID, others: Some[UUID]) -> Some[UUID]:
        """See ports_blocks.Blocks."""
        ids = [_id(member_id, other) for other in others]
        if not ids:
            return set()
        found = await self._collection.find(
            {"_id": {"$in": ids}, "holds": True}, sort=[("_id", ASCENDING)], limit=len(ids),
            projection={"blocked_id": 1},
        )  # fmt: skip
        return {document["blocked_id"] for document in found}

    async def confirm(self, member_id: UUID) -> None:
        """See ports_blocks.Blocks."""
        for found in await self._collection.find(
            {"member_ids": member_id}, sort=[("_id", ASCENDING)], limit=MOST_CONFIRMED,
            projection={"member_ids": 1},
        ):  # fmt: skip
            await self._keep(found["_id"], set(found["member_ids"]))

    async def _keep(self, id: UUID, member_ids: set[UUID]) -> None:
        """For good, if both are known by now: this is after the write, and whoever makes somebody
        known confirms after hers, so one of both finds the other."""
        known = await self._members.find(
            {"_id": {"$in": list(member_ids)}}, sort=[("_id", ASCENDING)], limit=len(member_ids)
        )
        if len(known) == len(member_ids):
            await self._collection.update_one({"_id": id}, {"$unset": {"unknown_since": ""}})


def _id(member_id: UUID, blocked_id: UUID) -> UUID:
    return named_id(member_id, "block", blocked_id)
