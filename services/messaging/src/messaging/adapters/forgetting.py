"""Forgets what messages said before they were changed or deleted, when its time is over.

The database could only remove whole documents by their age, and a message's place stays. One
update along a sparse index; any number of processes may do this, and one that is killed has lost
nothing.
"""

from __future__ import annotations

import asyncio

from common import log
from common.clock import Clock
from common.mongo import Database, is_away

logger = log.get(__name__)
SECONDS = 600.0
FORGOTTEN = {"$unset": {"earlier": "", "trace_until": ""}}


class Forgetting:
    """Removes traces that are over."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._messages = database.unscoped("messages")
        self._clock = clock

    async def run(self, every: float = SECONDS) -> None:
        """Forget, again and again."""
        while True:
            try:
                await self.once()
            except Exception as error:
                if not is_away(error):
                    raise
                logger.warning("traces.forgetting_waits", error=type(error).__name__)
            await asyncio.sleep(every)

    async def once(self) -> int:
        """Forget all whose time is over; of how many messages."""
        over = {"trace_until": {"$lte": self._clock.now()}}
        done = (await self._messages.update_many(over, FORGOTTEN)).modified_count
        if done:
            logger.info("traces.forgotten", messages=done)
        return done
