"""People and things for programs' tests, valid unless a test says otherwise."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access, Caller
from common.ids import new_id
from common.testing.clock import FUTURE
from policy.authorize import authorize
from programs.domain.cohort import Cohort
from programs.domain.enrollment import Enrollment
from programs.domain.program import Definition, Program, Step, StepKind
from programs.domain.request import Request

NOW = FUTURE
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
OTHER_NETWORK = UUID("01900000-0000-7000-8000-000000000002")


def a_step(
    id: str = "hello", *, week: int = 1, kind: StepKind = StepKind.TASK, title: str = "Say hello"
) -> Step:
    return Step(id, week, kind, title)


def a_definition(*steps: Step, display_name: str = "Stronger", weeks: int = 12) -> Definition:
    return Definition(display_name, weeks, steps or (a_step(),))


def steps(count: int) -> tuple[Step, ...]:
    """Steps `s0`, `s1` …, two a week."""
    return tuple(a_step(f"s{index}", week=1 + index // 2) for index in range(count))


def a_program(definition: Definition | None = None) -> Program:
    return Program(new_id(), definition or a_definition(), NOW)


def a_cohort(program: Program | None = None, display_name: str = "Spring") -> Cohort:
    return Cohort(new_id(), program.id if program else new_id(), display_name, NOW)


def an_enrollment(cohort: Cohort | None = None, member_id: UUID | None = None) -> Enrollment:
    cohort = cohort or a_cohort()
    return Enrollment(new_id(), cohort.id, cohort.program_id, member_id or new_id(), NOW)


def a_request(id: str = "r-1", author_id: UUID | None = None) -> Request:
    return Request(author_id or new_id(), id)


def a_caller(*roles: str, id: UUID | None = None, network_id: UUID = NETWORK) -> Caller:
    return Caller(id or new_id(), network_id, frozenset(roles or ("member",)), "", 0.0)


def access_of(caller: Caller) -> Access:
    """At MarkStepDone."""
    return Access(authorize, caller, "/kith.programs.v1.EnrollmentService/MarkStepDone")


def an_admin(id: UUID | None = None) -> Caller:
    return a_caller("network_admin", id=id)
