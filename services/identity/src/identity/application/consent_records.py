"""What identity needs to keep the record of every decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from identity.domain.consent import Decision


class ConsentRecords(Protocol):
    """The records of one network."""

    async def add(self, member_id: UUID, decisions: Sequence[Decision]) -> None:
        """Store those of a member's decisions that are not there; what is there stays as it is."""
        ...

    async def get(self, member_id: UUID, id: UUID) -> Decision | None:
        """One of a member's, or None."""
        ...

    async def by_request(self, member_id: UUID, request: bytes) -> Decision | None:
        """What this request became, or None."""
        ...

    async def newest(self, member_id: UUID, before: int, limit: int) -> Sequence[Decision]:
        """Up to `limit` with a number below `before` (0: any), newest first."""
        ...

    async def count(self, member_id: UUID) -> int:
        """How many there are of a member."""
        ...

    async def remove_all(self, member_id: UUID) -> None:
        """Delete all of a member's."""
        ...
