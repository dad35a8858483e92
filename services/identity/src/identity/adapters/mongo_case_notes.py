"""What identity knows of crisis cases: a row each, kept up to date by community's events."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from common.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError, IndexModel

from identity.domain.case_note import CaseNote

CLOSED_KEPT = timedelta(days=100)
"""Longer than the log holds what could open it again."""
INDEXES = {
    "case_notes": [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("open", ASCENDING)],
            name="of_member",
        ),
        IndexModel(
            [("closed_at", ASCENDING)],
            name="closed",
            expireAfterSeconds=round(CLOSED_KEPT.total_seconds()),
        ),
    ]
}


class MongoCaseNotes:
    """Implements ports_cases.CaseNotes, and so ports.Cases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_open(
        self, network_id: UUID, member_id: UUID, opened_after: datetime | None
    ) -> bool:
        """See ports.Cases."""
        wanted: Document = {"member_id": member_id, "open": True}
        if opened_after is not None:
            wanted["opened_at"] = {"$gt": opened_after}
        return await self._of(network_id).find_one(wanted, {"_id": 1}) is not None

    async def note(self, network_id: UUID, note: CaseNote) -> None:
        """See ports_cases.CaseNotes."""
        rows = self._of(network_id)
        state: Document = {
            "member_id": note.member_id, "open": note.is_open, "opened_at": note.opened_at,
            "version": note.version, **({} if note.is_open else {"closed_at": note.changed_at}),
        }  # fmt: skip
        older = {"_id": note.case_id, "version": {"$lt": note.version}}
        if await rows.update_one(older, {"$set": state}):
            return
        try:
            await rows.insert_one({"_id": note.case_id, **state})
        except DuplicateKeyError:  # what is there is newer, or was written just now
            await rows.update_one(older, {"$set": state})

    async def forget(self, network_id: UUID, member_id: UUID) -> None:
        """See ports_cases.CaseNotes."""
        await self._of(network_id).delete_many({"member_id": member_id})

    def _of(self, network_id: UUID) -> Collection:
        return self._database.collection("case_notes", network_id)
