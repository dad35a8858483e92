"""What ends by its age stays while its member is under a legal hold (ADR 31).

The database removes what is too old without asking whose it is. So the time a document goes by is
put off to the end of the hold, a margin later, and `put_off` says when it would have gone, for when
the hold is lifted. A hold that ends by itself needs nobody: the document goes then.

Each round looks at every member of whom there are holds, in every process: whoever is killed leaves
the rest to the next round, and what is written meanwhile is found by it. Everything of before is
read before the holds are, and is written over only while it is unchanged; so a round that was
delayed never undoes what a later one did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common import log
from common.clock import Clock
from common.mongo import ASCENDING, Collection, Database, Document, is_away
from common.retention import Rule

logger = log.get(__name__)
PUT_OFF = "put_off"
MARGIN = timedelta(minutes=10)
"""How much later than a hold what it keeps goes: it may be renewed at the last moment."""
EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Until when a member's documents stay, by which version of her holds; None: as they say."""

    version: int
    until: datetime | None


class Keeping:
    """Keeps what `rules` say a hold keeps."""

    def __init__(self, database: Database, rules: Sequence[Rule], clock: Clock) -> None:
        self._database = database
        self._rules = [rule for rule in rules if rule.whose]
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Holds may have changed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Look for ever, also after the database was away. Any other error ends the process."""
        while True:
            self._woken.clear()
            try:
                await self.look()
            except Exception as error:
                if not is_away(error):
                    raise
                logger.warning("keeping.waits", error=type(error).__name__)
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """One round over all networks."""
        held = self._database.unscoped("holds").find({}, {"network_id": 1})
        async for document in held.sort("_id", ASCENDING):
            for rule in self._rules:
                collection = self._database.collection(rule.collection, document["network_id"])
                while not await self._settle(collection, rule, document["_id"]):
                    continue  # somebody wrote meanwhile: what it is now is looked at again

    async def _settle(self, collection: Collection, rule: Rule, member_id: UUID) -> bool:
        """Let what there is of her go when it should; false if something changed meanwhile."""
        found = await collection.find(
            {rule.whose: member_id}, sort=[("_id", ASCENDING)], limit=0,
            projection={rule.since: 1, PUT_OFF: 1},
        )  # fmt: skip
        wanted = await self._wanted(collection.network_id, member_id)
        unchanged = True
        for document in found:
            update = _update(document, rule.since, wanted)
            if update is not None:
                before = {
                    "_id": document["_id"], rule.since: document.get(rule.since),
                    PUT_OFF: document.get(PUT_OFF),
                }  # fmt: skip
                unchanged = await collection.update_one(before, update) and unchanged
        return unchanged

    async def _wanted(self, network_id: UUID, member_id: UUID) -> _Wanted:
        holds = await self._database.collection("holds", network_id).find_one({"_id": member_id})
        if holds is None:
            return _Wanted(0, None)
        now = self._clock.now()
        ends = [one["ends_at"] for one in holds["holds"] if now < one["ends_at"]]
        return _Wanted(holds["version"], max(ends) + MARGIN if ends else None)


def _update(document: Document, since: str, wanted: _Wanted) -> dict[str, Any] | None:
    """What makes a document go at its time; None if it does."""
    ends, put_off = document.get(since), document.get(PUT_OFF)
    ours = put_off is not None and ends == put_off["to"]
    own = put_off["own"] if put_off is not None and ours else ends
    if wanted.until is None or own is None or own >= wanted.until:
        if put_off is None:
            return None
        back = {"$set": {since: own}} if ours else {}
        return {**back, "$unset": {PUT_OFF: ""}}
    if ours and put_off is not None and put_off["version"] == wanted.version:
        return None
    state = {"own": own, "to": wanted.until, "version": wanted.version}
    return {"$set": {since: wanted.until, PUT_OFF: state}}


def own_end(document: Document, since: str) -> datetime:
    """When a document would go by itself, whatever holds it: nobody is to see a hold by that."""
    put_off, ends = document.get(PUT_OFF), document[since]
    end: datetime = put_off["own"] if put_off and put_off["to"] == ends else ends
    return end
