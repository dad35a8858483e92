"""The inbox: an effect with no document of its own (a mail, a call) happens once per event.

A projection does not need it: its row remembers the last sequence it took. The entry is written
after the effect, so a crash between the two repeats the effect once; effects that cannot bear
that must be idempotent at the other side too, by the event id they are given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from common.clock import Clock
from common.mongo import ASCENDING, Database, DuplicateKeyError, IndexModel

COLLECTION = "inbox"
KEEP_SECONDS = 14 * 86_400
INDEXES = (IndexModel([("taken_at", ASCENDING)], expireAfterSeconds=KEEP_SECONDS),)


class Inbox:
    """Remembers which events a group has taken, for twice the retention of a topic."""

    def __init__(self, database: Database, group: str, clock: Clock) -> None:
        self._entries = database.unscoped(COLLECTION)
        self._group = group
        self._clock = clock

    async def once(self, event_id: str, effect: Callable[[], Awaitable[None]]) -> bool:
        """Run `effect` unless this event has been taken; whether it ran. Raises what it raises."""
        entry_id = f"{self._group}:{event_id}"
        if await self._entries.find_one({"_id": entry_id}, {"_id": 1}) is not None:
            return False
        await effect()
        taken_at: datetime = self._clock.now()
        try:
            await self._entries.insert_one({"_id": entry_id, "taken_at": taken_at})
        except DuplicateKeyError:
            return True  # another instance did the same at the same time
        return True
