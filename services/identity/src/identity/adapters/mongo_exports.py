"""Exports and their sealed parts in the database; what has expired goes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import named_id
from common.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel

from identity.domain.errors import ExportExists
from identity.domain.export import Export, Part

EXPORTS, PARTS = "exports", "export_parts"
_EXPIRED = IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)
INDEXES: dict[str, list[IndexModel]] = {
    EXPORTS: [IndexModel([("due_at", ASCENDING)], name="due", sparse=True), _EXPIRED],
    PARTS: [
        IndexModel([("network_id", ASCENDING), ("export_id", ASCENDING)], name="of_export"),
        _EXPIRED,
    ],
}


class MongoExports:
    """Implements export_ports.Exports. A part names the export and not the member."""

    def __init__(self, exports: Collection, parts: Collection) -> None:
        self._exports = exports
        self._parts = parts

    async def add(self, export: Export) -> None:
        """See export_ports.Exports."""
        state, _ = _state(export)
        document = {
            "_id": export.member_id, "export_id": export.id, "public_key": export.public_key,
            "services": list(export.services), "started_at": export.started_at,
            "expires_at": export.expires_at, **state,
        }  # fmt: skip
        try:
            await self._exports.insert_one(document)
        except DuplicateKeyError:
            raise ExportExists(
                "there is an export of yours; wait until it is ready, or delete it first"
            ) from None

    async def get(self, member_id: UUID) -> Export | None:
        """See export_ports.Exports."""
        document = await self._exports.find_one({"_id": member_id})
        return _export(document) if document else None

    async def save(self, export: Export) -> None:
        """See export_ports.Exports."""
        before = {
            "_id": export.member_id, "export_id": export.id, "version": export.version - 1,
        }  # fmt: skip
        state, gone = _state(export)
        update: Document = {"$set": state} | ({"$unset": gone} if gone else {})
        if not await self._exports.update_one(before, update):
            raise ConcurrentUpdate("somebody else collects this export, or it is gone")

    async def forget(self, member_id: UUID) -> None:
        """See export_ports.Exports."""
        found = await self._exports.find_one({"_id": member_id}, {"export_id": 1})
        if found is not None:
            wanted = {"export_id": found["export_id"]}
            await self._parts.delete_many(wanted)
            await self._exports.delete_many({"_id": member_id, **wanted})
            await self._parts.delete_many(wanted)  # one that was on its way

    async def add_part(self, export: Export, part: Part) -> Part:
        """See export_ports.Exports."""
        try:
            await self._parts.insert_one(
                {
                    "_id": _part_id(export, export.parts), "export_id": export.id,
                    "service": part.service, "next_page_token": part.next_page_token,
                    "sealed": part.sealed, "expires_at": export.expires_at,
                }
            )  # fmt: skip
        except DuplicateKeyError:
            there = await self.part(export, export.parts)
            if there is None:
                raise ConcurrentUpdate("this export was just thrown away") from None
            return there
        return part

    async def part(self, export: Export, number: int) -> Part | None:
        """See export_ports.Exports."""
        found = await self._parts.find_one({"_id": _part_id(export, number)})
        if found is None:
            return None
        return Part(found["service"], found["next_page_token"], bytes(found["sealed"]))

    async def forget_parts(self, export: Export) -> None:
        """See export_ports.Exports."""
        await self._parts.delete_many({"export_id": export.id})


class MongoDueExports:
    """Implements export_ports.DueExports, over all networks."""

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped(EXPORTS)

    async def due(self, now: datetime, limit: int) -> Sequence[Export]:
        """See export_ports.DueExports."""
        cursor = self._collection.find({"due_at": {"$lte": now}})
        found = await cursor.sort([("due_at", ASCENDING)]).limit(limit).to_list(limit)
        return [_export(document) for document in found]


def exports_of(database: Database, network_id: UUID) -> MongoExports:
    """The exports of one network."""
    collection = database.collection
    return MongoExports(collection(EXPORTS, network_id), collection(PARTS, network_id))


def _part_id(export: Export, number: int) -> UUID:
    return named_id(export.id, "part", number)


def _state(export: Export) -> tuple[Document, Document]:
    """What is set, and what is taken away: an absent due time is in no index."""
    state: Document = {
        "done": export.done, "page_token": export.page_token, "parts": export.parts,
        "tries": export.tries, "version": export.version,
    }  # fmt: skip
    if export.due_at is None:
        return state, {"due_at": ""}
    return {**state, "due_at": export.due_at}, {}


def _export(document: Document) -> Export:
    return Export(
        document["export_id"], document["network_id"], document["_id"],
        bytes(document["public_key"]), tuple(document["services"]), document["started_at"],
        document["expires_at"], document.get("due_at"), document["done"], document["page_token"],
        document["parts"], document["tries"], document["version"],
    )  # fmt: skip
