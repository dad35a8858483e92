"""The sponsor's roster in the database: keyed hashes, and whether somebody has joined by each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from common import mongo
from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, BulkWriteError, Document, IndexModel

from identity.adapters.master_key import KeyedDigest
from identity.domain.roster import Eligible, Entry

_DUPLICATE = 11000
INDEXES = [
    IndexModel([("network_id", ASCENDING), ("open", ASCENDING)], name="open"),
    IndexModel([("network_id", ASCENDING), ("taken_by", ASCENDING)], name="taken_by"),
]


class MongoRoster:
    """Implements joining_ports.Roster."""

    def __init__(self, collection: mongo.Collection) -> None:
        self._collection = collection

    async def add(self, hashes: Collection[bytes], now: datetime) -> int:
        """See joining_ports.Roster."""
        new = [Entry(one, self._collection.network_id, now) for one in dict.fromkeys(hashes)]
        documents = [{"_id": one.hash, "added_at": now, **_state(one)} for one in new]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            refused = error.details["writeErrors"]
            if any(one["code"] != _DUPLICATE for one in refused):
                raise
            return len(documents) - len(refused)
        return len(documents)

    async def remove(self, hashes: Collection[bytes]) -> int:
        """See joining_ports.Roster."""
        return await self._collection.delete_many({"_id": {"$in": list(hashes)}, "open": True})

    async def get(self, hash: bytes) -> Entry | None:
        """See joining_ports.Roster."""
        found = await self._collection.find_one({"_id": hash})
        if found is None:
            return None
        return Entry(
            bytes(found["_id"]), found["network_id"], found["added_at"], found["taken_by"],
            found["taken_at"], found["used"], found["version"],
        )  # fmt: skip

    async def save(self, entry: Entry) -> None:
        """See joining_ports.Roster."""
        before = {"_id": entry.hash, "version": entry.version - 1}
        if not await self._collection.update_one(before, {"$set": _state(entry)}):
            raise ConcurrentUpdate("the roster changed meanwhile; try again")

    async def count(self) -> tuple[int, int]:
        """See joining_ports.Roster."""
        still_open = await self._collection.count({"open": True})
        return still_open + await self._collection.count({"open": False}), still_open

    async def forget(self, account_id: UUID) -> int:
        """See joining_ports.Roster."""
        update = {
            "$set": {"taken_by": None, "taken_at": None, "used": True}, "$inc": {"version": 1},
        }  # fmt: skip
        forgotten = 0
        while await self._collection.update_one({"taken_by": account_id}, update):
            forgotten += 1
        return forgotten


class EligibleHasher:
    """Implements joining_ports.HashEligible."""

    def __init__(self, digest: KeyedDigest) -> None:
        self._digest = digest

    def __call__(self, network_id: UUID, eligible: Eligible) -> bytes:
        """See joining_ports.HashEligible."""
        return self._digest("member", str(network_id), *eligible.parts())


def _state(entry: Entry) -> Document:
    return {
        "open": entry.open, "taken_by": entry.taken_by, "taken_at": entry.taken_at,
        "used": entry.used, "version": entry.version,
    }  # fmt: skip
