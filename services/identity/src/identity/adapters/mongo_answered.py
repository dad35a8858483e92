"""Challenges that were answered, in the database; they go by themselves when they are no good.

Unscoped, since at sign-in there is no network yet: a hash and a time, and nothing of anybody.
"""

from __future__ import annotations

from datetime import datetime

from common.mongo import ASCENDING, Database, DuplicateKeyError, IndexModel

INDEXES = [IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0)]


class MongoAnswered:
    """Implements ports_passkeys.Answered."""

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped("answered_challenges")

    async def take(self, name: bytes, until: datetime) -> bool:
        """See ports_passkeys.Answered."""
        try:
            await self._collection.insert_one({"_id": name, "expires_at": until})
        except DuplicateKeyError:
            return False
        return True
