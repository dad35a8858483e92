"""What identity knows of a crisis case: about whom it is, and whether it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseNote:
    """A case as far as it was told; a higher `version` is newer."""

    case_id: UUID
    member_id: UUID
    is_open: bool
    opened_at: datetime
    changed_at: datetime
    version: int
