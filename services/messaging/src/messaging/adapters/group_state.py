"""How a group is now, for who goes through the database itself: erasing and exporting."""

from __future__ import annotations

from uuid import UUID

from common.mongo import DESCENDING, Collection, Document

from messaging.adapters.rosters import roster_of
from messaging.domain.roster import NOBODY, Roster

PAIRS_ONLY = {"kind": None}
"""Filter: conversations of two."""


async def newest(messages: Collection, id: UUID) -> tuple[Document, Roster] | None:
    """The last message of a group, and the roster that holds; None for one that nobody opened."""
    last = await messages.find_one(
        {"conversation_id": id}, {"outbox": 0}, sort=[("sequence", DESCENDING)]
    )
    if last is None:
        return None
    begun: Document | None = last
    if "notice" not in last:
        wanted = {"conversation_id": id, "sequence": last["roster_at"]}
        begun = await messages.find_one(wanted, {"notice": 1})
    return (last, roster_of(begun["notice"]["roster"])) if begun else (last, NOBODY)
