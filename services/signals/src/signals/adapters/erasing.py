"""What becomes of a leaving member's signals: all of them go, the stream's memory first.

The stream learns of it by itself, from an activity. Once her state is gone it says so, and the read
model deletes what it has of her and notes how much that was; here that note is waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.errors import Unavailable
from common.mongo import Database
from erasure.receipts import Count
from erasure.steps import Leaving, Remove, Step

from signals.adapters.mongo import ERASED, note_id


@dataclass(frozen=True, slots=True)
class Derived:
    """What was derived of her, by collection."""

    kind: str
    field: str

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step. Raises Unavailable until the stream has forgotten her."""
        found = await database.collection(ERASED, leaving.network_id).find_one(_note(leaving))
        if found is None:
            raise Unavailable("the stream has not forgotten her yet")
        removed: int = found[self.kind]
        return Count(removed=removed)

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        await Remove(self.kind, self.field).apply(database, leaving)


class Note:
    """The note itself, which is needed no more."""

    kind = "members"

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        return Count()

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        await database.collection(ERASED, leaving.network_id).delete_many(_note(leaving))


def _note(leaving: Leaving) -> dict[str, Any]:
    return {"_id": note_id(leaving.network_id, leaving.member_id)}


STEPS: tuple[Step, ...] = (Derived("days", "member_id"), Derived("members", "_id"), Note())
