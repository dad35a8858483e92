"""Blocks in the database: a document for each member somebody ever blocked, with all its times.

`holds` says whether it does now, so the list of blocks is read along an index of just those. Each
write holds its event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Some
from functools import lru_cache
from uuid import UUID

from common import outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.ids import named_id, new_id
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError, IndexModel
from erasure.tombstones import LetGo

from messaging.adapters.block_events import BLOCK_TOPIC, of_block
from messaging.adapters.read_together import ReadTogether
from messaging.domain.block import Block, Spell

COLLECTION = "blocks"
TOLD_LOOKS, TOLD_EACH = 50, 0.1
"""How often, and each how many seconds, it is waited for that what is forgotten was told."""
INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("member_id", ASCENDING), ("holds", ASCENDING),
         ("made_id", DESCENDING)],
        name="of_member",
    ),
    IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="names"),
    outbox.INDEX,
]  # fmt: skip


class MongoBlocks:
    """Implements ports_sides.Blocks."""

    def __init__(
        self, collection: Collection, together: ReadTogether | None = None,
        wake: Callable[[], None] = lambda: None, let_go: LetGo | None = None,
    ) -> None:  # fmt: skip
        """`together` reads for all of this process: it is asked for each message somebody is told
        of at once. `wake` is called when something may wait to be published; without `let_go`
        nothing is."""
        self._wake = wake
        self._let_go = let_go
        self._collection = collection
        self._together = together or ReadTogether(collection)

    async def of(self, member_id: UUID, others: Some[UUID]) -> Mapping[UUID, Block]:
        """See ports_sides.Blocks."""
        ids = [self._id(member_id, other) for other in others]
        if not ids:
            return {}
        found = await self._together.find(ids)
        return {document["blocked_id"]: block_of(document) for document in found}

    async def all_of(self, member_id: UUID) -> Mapping[UUID, Block]:
        """See ports_sides.Blocks."""
        found = await self._collection.find(
            {"member_id": member_id}, sort=[("_id", ASCENDING)], limit=0,
            projection={"outbox": 0},
        )  # fmt: skip
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
        told = [of_block(self._collection.network_id, id, block)]
        try:
            saved = await self._write(id, block, told)
        finally:
            self._wake()  # also when it failed: it may be stored all the same
        if not saved:
            raise ConcurrentUpdate("the block changed meanwhile; try again")

    async def forget(self, member_id: UUID, blocked_id: UUID) -> None:
        """See ports_sides.Blocks. Raises Unavailable."""
        id = self._id(member_id, blocked_id)
        for _ in range(TOLD_LOOKS if self._let_go else 1):
            found = await self._collection.find_one({"_id": id}, {"outbox_at": 1})
            if found is None:
                return
            if self._let_go is None or "outbox_at" not in found:
                await self._end(id)
                return
            await asyncio.sleep(TOLD_EACH)  # or it would come behind its tombstone
        raise Unavailable("events cannot be published at the moment; try again")

    async def _write(self, id: UUID, block: Block, told: Sequence[outbox.Outgoing]) -> bool:
        """Whether it was as before. Raises Unavailable if too many events of it wait."""
        state = _state(block)
        if block.version == 1:
            try:
                await self._collection.insert_one({"_id": id, **state, **outbox.fields(told)})
            except DuplicateKeyError:
                return False
            return True
        before = {"_id": id, "version": block.version - 1}
        update = outbox.push(told, state)
        saved = await self._collection.update_one({**before, **outbox.ROOM}, update)
        if not saved and await self._collection.find_one(before, {"_id": 1}) is not None:
            raise Unavailable("events cannot be published at the moment; try again")
        return saved

    async def _end(self, id: UUID) -> None:
        if self._let_go is not None:
            await self._let_go(BLOCK_TOPIC, id)
        await self._collection.delete_many({"_id": id})

    def _id(self, member_id: UUID, blocked_id: UUID) -> UUID:
        return _id_of(self._collection.network_id, member_id, blocked_id)


@lru_cache(20_000)  # asked for with each message somebody is told of at once
def _id_of(network_id: UUID, member_id: UUID, blocked_id: UUID) -> UUID:
    return named_id(network_id, "block", member_id, blocked_id)


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
