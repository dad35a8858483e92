"""What is known of crisis cases, in memory, held to the same contract as the database
(test_case_notes.py)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from identity.domain.case_note import CaseNote


class FakeCaseNotes:
    """Implements ports_cases.CaseNotes."""

    def __init__(self) -> None:
        self.all: dict[tuple[UUID, UUID], CaseNote] = {}

    async def is_open(
        self, network_id: UUID, member_id: UUID, opened_after: datetime | None
    ) -> bool:
        return any(
            one.is_open and (opened_after is None or one.opened_at > opened_after)
            for (network, _), one in self.all.items()
            if network == network_id and one.member_id == member_id
        )

    async def note(self, network_id: UUID, note: CaseNote) -> None:
        known = self.all.get((network_id, note.case_id))
        if known is None or known.version < note.version:
            self.all[network_id, note.case_id] = note

    async def forget(self, network_id: UUID, member_id: UUID) -> None:
        self.all = {
            key: one
            for key, one in self.all.items()
            if key[0] != network_id or one.member_id != member_id
        }
