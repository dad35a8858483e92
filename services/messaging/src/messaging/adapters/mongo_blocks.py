"""Blocks in the database: a document for each member somebody ever blocked, with all its times.

`holds` says whether it does now, so the list of blocks is read along an index of just those.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import named_id, new_id
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError, IndexModel

from messaging.adapters.read_together import ReadTogether
from messaging.domain.block import Block, Spell

COLLECTION = "blocks"
INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("member_id", ASCENDING), ("holds", ASCENDING),
         ("made_id", DESCENDING)],
        name="of_member",
    ),
    IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="names"),
]  # fmt: skip


class MongoBlocks:
    """Implements ports_sides.Blocks."""

    def __init__(self, collection: Collection, together: ReadTogether | None = None) -> None:
        """`together` reads for all of this process: it is asked for each message somebody is told
        of at once."""
        self._collection = collection
        self._together = together or ReadTogether(collection)

    async def of(self, member_id: UUID, others: Some[UUID]) -> Mapping[UUID, Block]:
        """See ports_sides.Blocks."""
        ids = [self._id(member_id, other) for other in others]
        if not ids:
            return {}
        found = await self._together.find(ids)
        return {document["blocked_id"]: block_of(document) for document in found}

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Block]]:
        """See ports_sides.Blocks."""
        wanted: Document = {"member_id": member_id, "holds": True}
        if before is not None:
            wanted["made_id"] = {"$lt": before}
        found = await self._collection.find(wanted, sort=[("made_id", DESCENDING)], limit=limit)
        return [(document["made_id"], block_of(document)) for document in found]

    async def count(self, member_id: UUID) -> int:
        """See ports_sides.Blocks."""
        return await self._collection.count({"member_id": member_id})

    async def save(self, block: Block) -> None:
        """See ports_sides.Blocks."""
        id = self._id(block.member_id, block.blocked_id)
        if block.version == 1:
            try:
                await self._collection.insert_one({"_id": id, **_state(block)})
                saved = True
            except DuplicateKeyError:
                saved = False
        else:
            saved = await self._collection.update_one(
                {"_id": id, "version": block.version - 1}, {"$set": _state(block)}
            )
        if not saved:
            raise ConcurrentUpdate("the block changed meanwhile; try again")

    async def forget(self, member_id: UUID, blocked_id: UUID) -> None:
        """See ports_sides.Blocks."""
        await self._collection.delete_many({"_id": self._id(member_id, blocked_id)})

    def _id(self, member_id: UUID, blocked_id: UUID) -> UUID:
        return named_id(self._collection.network_id, "block", member_id, blocked_id)


def block_of(document: Document) -> Block:
    """A stored block."""
    spells = tuple(Spell(one["since"], one["until"]) for one in document["spells"])
    return Block(document["member_id"], document["blocked_id"], spells, document["version"])


def _state(block: Block) -> Document:
    return {
        "member_id": block.member_id, "blocked_id": block.blocked_id,
        "member_ids": [block.member_id, block.blocked_id], "holds": block.holds,
        "made_id": new_id(), "version": block.version,
        "spells": [{"since": one.since, "until": one.until} for one in block.spells],
    }  # fmt: skip
