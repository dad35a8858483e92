"""Programs' ports in memory, held to the same contract as the database (test_networks.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from common.errors import ConcurrentUpdate, Unavailable
from common.outbox import MAX_WAITING
from programs.application.ports import Network
from programs.domain.cohort import Cohort
from programs.domain.enrollment import Enrollment, Event, StepDone
from programs.domain.program import Program
from programs.domain.request import Request


class FakePrograms:
    """Implements ports.Programs."""

    def __init__(self) -> None:
        self.all: dict[UUID, Program] = {}
        self._made: dict[Request, Program] = {}

    async def add(self, program: Program, request: Request) -> Program:
        made = self._made.setdefault(request, program)
        self.all.setdefault(made.id, made)
        return made

    async def get(self, id: UUID) -> Program | None:
        return self.all.get(id)

    async def page(self, after: UUID | None, size: int) -> Sequence[Program]:
        ids = sorted(id for id in self.all if after is None or id > after)
        return [self.all[id] for id in ids[:size]]


class FakeCohorts:
    """Implements ports.Cohorts."""

    def __init__(self) -> None:
        self.all: dict[UUID, Cohort] = {}
        self._made: dict[Request, Cohort] = {}

    async def add(self, cohort: Cohort, request: Request) -> Cohort:
        made = self._made.setdefault(request, cohort)
        self.all.setdefault(made.id, made)
        return made

    async def get(self, id: UUID) -> Cohort | None:
        return self.all.get(id)


class FakeEnrollments:
    """Implements ports.Enrollments; `told` are the events of each, in the order written."""

    def __init__(self) -> None:
        self.all: dict[UUID, Enrollment] = {}
        self.told: dict[UUID, list[Event]] = {}

    async def add(
        self, enrollments: Sequence[Enrollment], by: UUID | None = None
    ) -> Sequence[Enrollment]:
        return [self._seat(enrollment) for enrollment in enrollments]

    async def save(self, enrollment: Enrollment, event: StepDone) -> None:
        current = self.all.get(enrollment.id)
        if current is None or current.version != enrollment.version - 1:
            raise ConcurrentUpdate("changed")
        if 2 * len(self.told[enrollment.id]) >= MAX_WAITING:
            raise Unavailable("too many events wait")
        self.all[enrollment.id] = enrollment
        self.told[enrollment.id].append(event)

    async def get(self, id: UUID) -> Enrollment | None:
        return self.all.get(id)

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Enrollment]:
        own = [one for one in self.all.values() if one.member_id == member_id]
        older = [one for one in own if before is None or one.id < before]
        return sorted(older, key=lambda one: one.id, reverse=True)[:size]

    async def count(self, cohort_id: UUID) -> int:
        return sum(one.cohort_id == cohort_id for one in self.all.values())

    def _seat(self, wanted: Enrollment) -> Enrollment:
        for one in self.all.values():
            if (one.cohort_id, one.member_id) == (wanted.cohort_id, wanted.member_id):
                return one
        self.all[wanted.id] = wanted
        self.told[wanted.id] = [wanted.started()]
        return wanted


class FakeMembers:
    """Implements ports.Members."""

    def __init__(self) -> None:
        self.all: set[UUID] = set()

    async def add(self, member_id: UUID) -> None:
        self.all.add(member_id)

    async def remove(self, member_id: UUID) -> None:
        self.all.discard(member_id)

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        return set(member_ids) - self.all


class FakeNetwork:
    """The fakes of one network, as what they are."""

    def __init__(self) -> None:
        self.programs = FakePrograms()
        self.cohorts = FakeCohorts()
        self.enrollments = FakeEnrollments()
        self.members = FakeMembers()

    def ports(self) -> Network:
        return Network(self.programs, self.cohorts, self.enrollments, self.members)


class FakeNetworks:
    """Implements ports.Networks."""

    def __init__(self) -> None:
        self._networks: dict[UUID, Network] = {}

    def of(self, network_id: UUID) -> Network:
        return self._networks.setdefault(network_id, FakeNetwork().ports())
