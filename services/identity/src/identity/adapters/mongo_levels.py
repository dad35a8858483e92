"""How often sign-in failed, in the database, so that all instances count together.

Under keyed hashes: whoever reads it learns neither who nor from where. Unscoped, since before
anybody has signed in there is no network, only what somebody typed. What no longer matters goes
by itself.
"""

from __future__ import annotations

from datetime import datetime

from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, Database, Document, DuplicateKeyError, IndexModel

from identity.domain.throttle import Level

INDEXES = [IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)]


class MongoLevels:
    """Implements ports.Levels."""

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped("attempts")

    async def get(self, key: bytes) -> Level | None:
        """See ports.Levels."""
        found = await self._collection.find_one({"_id": key})
        if found is None:
            return None
        return Level(found["level"], found["at"], found["until"], found["version"])

    async def put(self, key: bytes, level: Level, expires_at: datetime) -> None:
        """See ports.Levels."""
        state: Document = {
            "level": level.level, "at": level.at, "until": level.until,
            "version": level.version, "expires_at": expires_at,
        }  # fmt: skip
        if level.version == 1:
            try:
                await self._collection.insert_one({"_id": key, **state})
            except DuplicateKeyError:
                raise ConcurrentUpdate("another attempt was counted meanwhile") from None
            return
        before = {"_id": key, "version": level.version - 1}
        result = await self._collection.update_one(before, {"$set": state})
        if not result.matched_count:
            raise ConcurrentUpdate("another attempt was counted meanwhile")
