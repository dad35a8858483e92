"""What identity knows of crisis cases, which community keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.domain.case_note import CaseNote


class Cases(Protocol):
    """Crisis cases; whoever keeps them is asked before anything of a member goes."""

    async def is_open(
        self, network_id: UUID, member_id: UUID, opened_after: datetime | None
    ) -> bool:
        """Whether a crisis case of hers is open: then only a human may let her erasure go on.

        With `opened_after` only those that were opened later count.
        """
        ...

    async def forget(self, network_id: UUID, member_id: UUID) -> None:
        """Know nothing more of hers."""
        ...


class CaseNotes(Cases, Protocol):
    """What community's events told."""

    async def note(self, network_id: UUID, note: CaseNote) -> None:
        """Know this from now on; an older version than known changes nothing."""
        ...
