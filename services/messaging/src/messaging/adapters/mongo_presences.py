"""When members were last here, in the database: a document for each who ever chose. Only of those
who show it is there a time, and only the last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from common.mongo import ASCENDING, DuplicateKeyError, IndexModel
from common.mongo import Collection as Scoped

from messaging.domain.presence import grain_of

COLLECTION = "presences"
INDEXES: list[IndexModel] = []


class MongoPresences:
    """Implements ports_presence.Presences."""

    def __init__(self, collection: Scoped) -> None:
        self._collection = collection

    async def shown(self, member_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """See ports_presence.Presences."""
        found = await self._collection.find(
            {"_id": {"$in": list(member_ids)}}, sort=[("_id", ASCENDING)], limit=0
        )
        return {one["_id"]: one["seen_at"] for one in found if one["shown"]}

    async def choose(self, member_id: UUID, shown: bool, at: datetime) -> None:
        """See ports_presence.Presences."""
        state = {"shown": shown, "seen_at": grain_of(at) if shown else None}
        try:
            await self._collection.update_one({"_id": member_id}, {"$set": state}, upsert=True)
        except DuplicateKeyError:  # she chose on another device at the same time
            await self._collection.update_one({"_id": member_id}, {"$set": state})

    async def note(self, member_id: UUID, at: datetime) -> None:
        """See ports_presence.Presences."""
        seen = grain_of(at)
        earlier = {"_id": member_id, "shown": True, "seen_at": {"$lt": seen}}
        await self._collection.update_one(earlier, {"$set": {"seen_at": seen}})
