"""The library in the database: a document for each resource, with its version and outbox.

It grows as fast as admins choose, so a page reads along an index without a guess of how far
(`reach.py`), although the local database reads all that is older before it cuts.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from common import outbox
from common.mongo import ASCENDING, DESCENDING, Collection, Document, IndexModel

from community.adapters.deeds import of_resource
from community.adapters.writing import NO_OUTBOX, Wake, insert, save_next
from community.domain.resource import Kind, Resource, State

COLLECTION = "resources"
INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("added_by", ASCENDING), ("request_id", ASCENDING)],
        name="once", unique=True,
    ),
    IndexModel([("network_id", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], name="page"),
    IndexModel(
        [("network_id", ASCENDING), ("state", ASCENDING), ("kind", ASCENDING), ("_id", ASCENDING)],
        name="page_of_kind",
    ),
    outbox.INDEX,
]  # fmt: skip


class MongoResources:
    """Implements ports_resources.Resources; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Wake) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, resource: Resource) -> None:
        """See ports_resources.Resources."""
        told = of_resource(self._collection.network_id, resource, resource.added_by)
        await insert(self._collection, asdict(resource), outbox.fields(told), self._wake)

    async def save(self, resource: Resource, by: UUID) -> None:
        """See ports_resources.Resources."""
        told = of_resource(self._collection.network_id, resource, by)
        changed = {  # and nothing else: who added it may be erased meanwhile
            "state": resource.state.value, "withdrawn_at": resource.withdrawn_at,
            "version": resource.version,
        }  # fmt: skip
        await save_next(self._collection, resource.id, changed, told, self._wake)

    async def get(self, id: UUID) -> Resource | None:
        """See ports_resources.Resources."""
        document = await self._collection.find_one({"_id": id}, NO_OUTBOX)
        return _resource(document) if document else None

    async def get_all(self, ids: Some[UUID]) -> Sequence[Resource]:
        """See ports_resources.Resources."""
        return await self._find({"_id": {"$in": list(ids)}}, max(len(ids), 1))

    async def by_request(self, added_by: UUID, request_id: str) -> Resource | None:
        """See ports_resources.Resources."""
        wanted = {"added_by": added_by, "request_id": request_id}
        document = await self._collection.find_one(wanted, NO_OUTBOX)
        return _resource(document) if document else None

    async def page(self, before: UUID | None, limit: int, kind: Kind | None) -> Sequence[Resource]:
        """See ports_resources.Resources."""
        wanted: Document = {"state": State.LISTED.value}
        if kind is not None:
            wanted["kind"] = kind.value
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return await self._find(wanted, limit)

    async def _find(self, wanted: Document, limit: int) -> Sequence[Resource]:
        found = await self._collection.find(
            wanted, sort=[("_id", DESCENDING)], limit=limit, projection=NO_OUTBOX
        )
        return list(map(_resource, found))


def _resource(document: Document) -> Resource:
    return Resource(
        id=document["_id"], added_by=document["added_by"], kind=Kind(document["kind"]),
        title=document["title"], summary=document["summary"], url=document["url"],
        language=document["language"], length_minutes=document["length_minutes"],
        request_id=document["request_id"], created_at=document["created_at"],
        state=State(document["state"]), withdrawn_at=document["withdrawn_at"],
        version=document["version"],
    )  # fmt: skip
