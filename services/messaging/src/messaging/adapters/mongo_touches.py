"""Which messages were changed lately, in the database: a document for each conversation, with the
newest changes in it, which goes by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from common.mongo import ASCENDING, DESCENDING, Document, DuplicateKeyError, IndexModel
from common.mongo import Collection as Scoped

from messaging.domain.touched import KEPT, MOST_KEPT, Touch, Touched

COLLECTION = "touches"
INDEXES = [
    IndexModel(
        [("last_at", ASCENDING)], name="expired", expireAfterSeconds=int(KEPT.total_seconds())
    )
]


class MongoTouches:
    """Implements ports_touches.Touches."""

    def __init__(self, collection: Scoped) -> None:
        self._collection = collection

    async def note(self, conversation_id: UUID, touch: Touch) -> None:
        """See ports_touches.Touches."""
        entry = {"sequence": touch.sequence, "at": touch.at}
        update: Document = {
            "$push": {"entries": {"$each": [entry], "$slice": -MOST_KEPT}},
            "$max": {"last_at": touch.at},
        }
        try:
            await self._collection.update_one({"_id": conversation_id}, update, upsert=True)
        except DuplicateKeyError:  # another one was the first at the same time
            await self._collection.update_one({"_id": conversation_id}, update)

    async def since(self, conversation_ids: Collection[UUID], at: datetime) -> Sequence[Touched]:
        """See ports_touches.Touches."""
        found = await self._collection.find(
            {"_id": {"$in": list(conversation_ids)}, "last_at": {"$gt": at}},
            sort=[("last_at", DESCENDING), ("_id", ASCENDING)], limit=0,
        )  # fmt: skip
        return [
            Touched(
                document["_id"],
                [Touch(entry["sequence"], entry["at"]) for entry in document["entries"]],
            )
            for document in found
        ]
