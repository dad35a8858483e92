"""Records of decisions in the database: a document each, which nothing here changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from common.mongo import (
    ASCENDING,
    DESCENDING,
    BulkWriteError,
    Collection,
    Document,
    IndexModel,
)

from identity.domain.consent import Action, Decision, Method
from identity.domain.text import Purpose

COLLECTION = "consent_records"
INDEXES = {
    COLLECTION: [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("number", DESCENDING)],
            name="member",
        ),
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("request", ASCENDING)],
            name="request",
        ),
    ]
}
_DUPLICATE = 11000


class MongoConsents:
    """Implements consents.ConsentRecords."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def add(self, member_id: UUID, decisions: Sequence[Decision]) -> None:
        """See ConsentRecords."""
        if not decisions:
            return
        documents = [{**document_of(one), "member_id": member_id} for one in decisions]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(one.get("code") != _DUPLICATE for one in error.details["writeErrors"]):
                raise

    async def get(self, member_id: UUID, id: UUID) -> Decision | None:
        """See ConsentRecords."""
        found = await self._collection.find_one({"_id": id, "member_id": member_id})
        return decision_in(found) if found else None

    async def by_request(self, member_id: UUID, request: bytes) -> Decision | None:
        """See ConsentRecords."""
        found = await self._collection.find_one({"member_id": member_id, "request": request})
        return decision_in(found) if found else None

    async def newest(self, member_id: UUID, before: int, limit: int) -> Sequence[Decision]:
        """See ConsentRecords."""
        wanted: Document = {"member_id": member_id}
        if before:
            wanted["number"] = {"$lt": before}
        found = await self._collection.find(wanted, sort=[("number", DESCENDING)], limit=limit)
        return [decision_in(document) for document in found]

    async def count(self, member_id: UUID) -> int:
        """See ConsentRecords."""
        return await self._collection.count({"member_id": member_id})

    async def remove_all(self, member_id: UUID) -> None:
        """See ConsentRecords."""
        await self._collection.delete_many({"member_id": member_id})


def document_of(decision: Decision) -> Document:
    """A decision as it is stored, on its own and in its account."""
    document = asdict(decision)
    return {"_id": document.pop("id"), **document}


def decision_in(document: Document) -> Decision:
    """The decision a document holds."""
    request: Any = document["request"]
    return Decision(
        document["_id"], document["number"], Purpose(document["purpose"]),
        Action(document["action"]), document["text_version"], bytes(document["text_digest"]),
        document["decided_at"], Method(document["method"]),
        bytes(request) if request is not None else None,
    )  # fmt: skip
