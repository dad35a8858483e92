"""Legal holds in the database: one document per member, with its version and outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from common import mongo, outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.mongo import ASCENDING, Document, DuplicateKeyError, IndexModel

from identity.adapters.deeds import of_done
from identity.domain.deed import Done
from identity.domain.erasure import HoldReason
from identity.domain.hold import Hold, Holds

ENDED_KEPT = timedelta(days=90)
INDEXES = {
    "holds": [
        IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="page"),
        IndexModel(
            [("ends_at", ASCENDING)],
            name="ended",
            expireAfterSeconds=round(ENDED_KEPT.total_seconds()),
        ),
        outbox.INDEX,
    ]
}


class MongoHolds:
    """Implements ports_holds.HoldBook; `wake` tells the relay that an event waits."""

    def __init__(self, collection: mongo.Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def get(self, member_id: UUID) -> Holds:
        """See ports_holds.HoldBook."""
        document = await self._collection.find_one({"_id": member_id})
        if document is None:
            return Holds(member_id, self._collection.network_id)
        return _holds(document)

    async def save(self, holds: Holds, done: Done) -> None:
        """See ports_holds.HoldBook."""
        events = list(of_done(holds.network_id, done, holds.version))
        try:
            if holds.version == 1:
                await self._insert(holds, outbox.fields(events))
                return
            before = {"_id": holds.member_id, "version": holds.version - 1}
            update = outbox.push(events, _state(holds))
            if await self._collection.update_one({**before, **outbox.ROOM}, update):
                return
            if await self._collection.find_one(before, {"_id": 1}):
                raise Unavailable("too many changes of these holds wait to be told; try again")
            raise ConcurrentUpdate("the holds changed meanwhile; try again")
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def page(self, after: UUID | None, size: int) -> Sequence[Holds]:
        """See ports_holds.HoldBook."""
        wanted: Document = {"holds.0": {"$exists": True}}
        if after is not None:
            wanted["_id"] = {"$gt": after}
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=size)
        return [_holds(document) for document in found]

    async def forget(self, member_id: UUID) -> bool:
        """See ports_holds.HoldBook."""
        await self._collection.delete_many({"_id": member_id, "outbox_at": None})
        return await self._collection.find_one({"_id": member_id}, {"_id": 1}) is None

    async def _insert(self, holds: Holds, waiting: Document) -> None:
        try:
            await self._collection.insert_one({
                "_id": holds.member_id, **_state(holds), **waiting,
            })  # fmt: skip
        except DuplicateKeyError:
            raise ConcurrentUpdate("the holds changed meanwhile; try again") from None


def _state(holds: Holds) -> Document:
    """Without a hold it goes as one does that has ended: by when the last version was made."""
    ends = [one.ends_at for one in holds.all]
    return {
        "holds": [asdict(one) for one in holds.all], "version": holds.version,
        **({"ends_at": max(ends)} if ends else {}),
    }  # fmt: skip


def _holds(document: dict[str, Any]) -> Holds:
    return Holds(
        document["_id"], document["network_id"],
        tuple(Hold(**{**one, "reason": HoldReason(one["reason"])}) for one in document["holds"]),
        document["version"],
    )  # fmt: skip
