"""Audit logs in the database: a document for each entry, which nothing here changes or removes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError, IndexModel

from identity.domain.audit import Entry, Link, link

INDEXES = {
    "audit": [
        IndexModel([("network_id", ASCENDING), ("sequence", ASCENDING)], name="place", unique=True),
        IndexModel(
            [("network_id", ASCENDING), ("subject_ids", ASCENDING), ("sequence", DESCENDING)],
            name="of_subject",
        ),
    ]
}
TRIES = 16


class MongoAudit:
    """Implements audit.Audit: the unique index on the place is the judge of who comes next."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def append(self, entry: Entry) -> None:
        """See audit.Audit."""
        for _ in range(TRIES):
            tail = await self._collection.find_one({}, sort=[("sequence", DESCENDING)])
            try:
                await self._collection.insert_one(
                    _document(link(_link(tail) if tail else None, entry))
                )
                return
            except DuplicateKeyError:
                if await self._collection.find_one({"_id": entry.id}, {"_id": 1}):
                    return  # it was told before
        raise ConcurrentUpdate("others write to the audit log; try again")

    async def newest(self, before: int, limit: int, subject_id: UUID | None) -> Sequence[Link]:
        """See audit.Audit."""
        wanted: Document = {"sequence": {"$lt": before}} if before else {}
        if subject_id is not None:
            wanted["subject_ids"] = subject_id
        found = await self._collection.find(wanted, sort=[("sequence", DESCENDING)], limit=limit)
        return [_link(document) for document in found]

    async def oldest(self, after: int, limit: int) -> Sequence[Link]:
        """See audit.Audit."""
        found = await self._collection.find(
            {"sequence": {"$gt": after}}, sort=[("sequence", ASCENDING)], limit=limit
        )
        return [_link(document) for document in found]


def _document(linked: Link) -> Document:
    entry = linked.entry
    return {
        "_id": entry.id, "sequence": linked.sequence, "actor_id": entry.actor_id,
        "action": entry.action, "subject_ids": list(entry.subject_ids), "at": entry.at,
        "digest": linked.digest,
    }  # fmt: skip


def _link(document: Document) -> Link:
    entry = Entry(
        document["_id"], document["network_id"], document["actor_id"], document["action"],
        tuple(document["subject_ids"]), document["at"],
    )  # fmt: skip
    return Link(document["sequence"], entry, bytes(document["digest"]))
