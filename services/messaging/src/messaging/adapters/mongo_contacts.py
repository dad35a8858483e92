"""Who may write to whom, in the database: a member's own rule."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.ids import named_id
from common.mongo import ASCENDING, Collection, DuplicateKeyError, IndexModel

from messaging.domain.contact import DEFAULT, WhoMayWrite

RULES = "contact_rules"
INDEXES: dict[str, list[IndexModel]] = {
    RULES: [
        IndexModel([("network_id", ASCENDING), ("member_id", ASCENDING)], name="of_member"),
    ],
}


class MongoRules:
    """Implements ports_sides.Rules: a document for each member who said something."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def get(self, member_id: UUID) -> WhoMayWrite:
        """See ports_sides.Rules."""
        found = await self._collection.find_one({"_id": self._id(member_id)})
        return WhoMayWrite(found["who_may_write"]) if found is not None else DEFAULT

    async def set(self, member_id: UUID, rule: WhoMayWrite, at: datetime) -> None:
        """See ports_sides.Rules."""
        said = {"member_id": member_id, "who_may_write": str(rule), "changed_at": at}
        wanted = {"_id": self._id(member_id)}
        try:
            await self._collection.update_one(wanted, {"$set": said}, upsert=True)
        except DuplicateKeyError:  # she said it on another device at the same time
            await self._collection.update_one(wanted, {"$set": said})

    def _id(self, member_id: UUID) -> UUID:
        return named_id(self._collection.network_id, "contact-rule", member_id)
