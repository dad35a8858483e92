"""What programs needs from the outside; each port but the last is bound to one network."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from programs.domain.cohort import Cohort
from programs.domain.enrollment import Enrollment, StepDone
from programs.domain.program import Program
from programs.domain.request import Request


class Programs(Protocol):
    """The programs of one network."""

    async def add(self, program: Program, request: Request) -> Program:
        """Store a program, unless the request made one before; the one it made."""
        ...

    async def get(self, id: UUID) -> Program | None:
        """The program, or None."""
        ...

    async def page(self, after: UUID | None, size: int) -> Sequence[Program]:
        """Up to `size` programs, oldest id first, beginning after `after`."""
        ...


class Cohorts(Protocol):
    """The cohorts of one network."""

    async def add(self, cohort: Cohort, request: Request) -> Cohort:
        """Store a cohort, unless the request made one before; the one it made."""
        ...

    async def get(self, id: UUID) -> Cohort | None:
        """The cohort, or None."""
        ...


class Enrollments(Protocol):
    """The enrollments of one network: at most one per cohort and member."""

    async def add(
        self, enrollments: Sequence[Enrollment], by: UUID | None = None
    ) -> Sequence[Enrollment]:
        """Store new ones, each with its event in one write, where the member has no seat yet; `by`
        is who gives her the seat because of her role, for the audit log.

        The enrollments that are there now, in order: the new ones and those of before.
        """
        ...

    async def save(self, enrollment: Enrollment, event: StepDone) -> None:
        """Store its next version with its event, in one write.

        Raises ConcurrentUpdate when that is not the next any more, or Unavailable while too many
        of its events wait for the broker.
        """
        ...

    async def get(self, id: UUID) -> Enrollment | None:
        """The enrollment, or None."""
        ...

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Enrollment]:
        """Up to `size` enrollments of a member, newest id first, beginning before `before`."""
        ...

    async def count(self, cohort_id: UUID) -> int:
        """How many members are in a cohort."""
        ...


class Members(Protocol):
    """Who belongs to one network, as far as identity's events have told."""

    async def add(self, member_id: UUID) -> None:
        """Know a member from now on; knowing her already changes nothing."""
        ...

    async def remove(self, member_id: UUID) -> None:
        """Enroll her in nothing any more."""
        ...

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        """Those of `member_ids` who are not (yet) known in this network."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """Everything programs keeps for one network."""

    programs: Programs
    cohorts: Cohorts
    enrollments: Enrollments
    members: Members


class Networks(Protocol):
    """All networks; what belongs to one is reached through its id alone."""

    def of(self, network_id: UUID) -> Network:
        """Everything programs keeps for this network."""
        ...
