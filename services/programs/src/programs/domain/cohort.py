"""A cohort: members who start a program together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from programs.domain.text import check_line


@dataclass(frozen=True, slots=True)
class Cohort:
    """Never changes; who is in it is told by the enrollments."""

    id: UUID
    program_id: UUID
    display_name: str
    start_at: datetime

    @classmethod
    def open(cls, id: UUID, program_id: UUID, display_name: str, start_at: datetime) -> Cohort:
        """A new cohort. Raises Invalid unless the name can be used."""
        check_line(display_name, "display_name")
        return cls(id, program_id, display_name, start_at)

    def says(self, other: Cohort) -> bool:
        """Whether `other` is this cohort asked for again."""
        return replace(other, id=self.id) == self
