"""When members answer, in the database: a document for each who said something of it."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from common.ids import named_id
from common.mongo import ASCENDING, Collection, Document, DuplicateKeyError, IndexModel

from messaging.domain.availability import Availability, Window

COLLECTION = "availabilities"
INDEXES = [IndexModel([("network_id", ASCENDING), ("member_id", ASCENDING)], name="of_member")]


class MongoAvailabilities:
    """Implements ports_sides.Availabilities."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def of(self, member_ids: Some[UUID]) -> Mapping[UUID, Availability]:
        """See ports_sides.Availabilities."""
        ids = [self._id(member_id) for member_id in member_ids]
        if not ids:
            return {}
        wanted = {"_id": {"$in": ids}}
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=0)
        return {document["member_id"]: availability_of(document) for document in found}

    async def set(self, member_id: UUID, availability: Availability, at: datetime) -> None:
        """See ports_sides.Availabilities."""
        said: Document = {
            "member_id": member_id, "time_zone": availability.time_zone,
            "not_until": availability.not_until, "changed_at": at,
            "windows": [[one.weekday, one.start, one.end] for one in availability.windows],
        }  # fmt: skip
        wanted = {"_id": self._id(member_id)}
        try:
            await self._collection.update_one(wanted, {"$set": said}, upsert=True)
        except DuplicateKeyError:  # she said it on another device at the same time
            await self._collection.update_one(wanted, {"$set": said})

    def _id(self, member_id: UUID) -> UUID:
        return named_id(self._collection.network_id, "availability", member_id)


def availability_of(document: Document) -> Availability:
    """What is stored of a member."""
    windows = tuple(Window(*one) for one in document["windows"])
    return Availability(document["time_zone"], windows, document["not_until"])
