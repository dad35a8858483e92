"""Who gets a seat, and who may mark steps."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import ConcurrentUpdate, Invalid
from common.ids import new_id
from common.testing.clock import FakeClock
from programs.application.enroll_members import MOST, enroll_members
from programs.application.mark_step_done import TRIES, mark_step_done
from programs.application.queries import MOST_STEPS, list_programs
from programs.domain.cohort import Cohort
from programs.domain.enrollment import Enrollment, EnrollmentStarted, StepDone
from programs.domain.errors import (
    CohortNotFound,
    EnrollmentNotFound,
    MemberNotFound,
    StepNotFound,
)
from programs.domain.program import MAX_STEPS

from services.programs.tests.builders import (
    NOW,
    a_caller,
    a_cohort,
    a_definition,
    a_program,
    a_request,
    a_step,
    access_of,
    an_admin,
    steps,
)
from services.programs.tests.fakes import FakeEnrollments, FakeNetwork

CLOCK = FakeClock(NOW)


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
async def cohort(network: FakeNetwork) -> Cohort:
    """A cohort of a program with two steps."""
    program = await network.programs.add(a_program(a_definition(*steps(2))), a_request())
    return await network.cohorts.add(a_cohort(program), a_request())


@pytest.fixture
async def members(network: FakeNetwork) -> list[UUID]:
    people = [new_id() for _ in range(3)]
    network.members.all.update(people)
    return people


async def enrolled(network: FakeNetwork, cohort: Cohort, *member_ids: UUID) -> list[Enrollment]:
    made = await enroll_members(network.ports(), CLOCK, cohort_id=cohort.id, member_ids=member_ids)
    return list(made)


async def test_everybody_gets_one_enrollment_in_the_order_asked_for(
    network: FakeNetwork, cohort: Cohort, members: list[UUID]
) -> None:
    made = await enrolled(network, cohort, *members)
    assert [one.member_id for one in made] == members
    assert {one.program_id for one in made} == {cohort.program_id}
    assert all(network.enrollments.told[one.id] == [EnrollmentStarted(NOW)] for one in made)


async def test_who_has_a_seat_keeps_it(
    network: FakeNetwork, cohort: Cohort, members: list[UUID]
) -> None:
    (second,) = await enrolled(network, cohort, members[1])
    both = await enrolled(network, cohort, members[0], members[1], members[0])
    assert [one.member_id for one in both] == members[:2]
    assert both[1] == second
    assert len(network.enrollments.all) == 2


async def test_one_stranger_and_nobody_is_enrolled(
    network: FakeNetwork, cohort: Cohort, members: list[UUID]
) -> None:
    with pytest.raises(MemberNotFound) as refused:
        await enrolled(network, cohort, *members, new_id(), new_id())
    assert refused.value.metadata == {"field": "member_ids[3]"}
    assert not network.enrollments.all


async def test_enrolling_is_for_some_members_and_a_cohort(
    network: FakeNetwork, cohort: Cohort, members: list[UUID]
) -> None:
    with pytest.raises(CohortNotFound):
        await enrolled(network, a_cohort(), *members)
    for wrong in ([], [new_id()] * (MOST + 1)):
        with pytest.raises(Invalid):
            await enrolled(network, cohort, *wrong)
    assert not network.enrollments.all


@pytest.fixture
async def ada(network: FakeNetwork, cohort: Cohort, members: list[UUID]) -> Enrollment:
    (enrollment,) = await enrolled(network, cohort, members[0])
    return enrollment


async def marked(
    network: FakeNetwork, enrollment: Enrollment, step_id: str, caller: Caller | None = None
) -> Enrollment:
    return await mark_step_done(
        network.ports(), CLOCK, access_of(caller or a_caller(id=enrollment.member_id)),
        enrollment_id=enrollment.id, step_id=step_id,
    )  # fmt: skip


async def test_a_step_is_done_once_and_all_of_them_complete_the_program(
    network: FakeNetwork, ada: Enrollment
) -> None:
    for _ in range(2):
        after = await marked(network, ada, "s1")
        assert (after.done_step_ids, after.completed) == (("s1",), False)
    for _ in range(2):
        after = await marked(network, ada, "s0")
        assert (after.done_step_ids, after.completed) == (("s1", "s0"), True)
    assert network.enrollments.told[ada.id] == [
        EnrollmentStarted(NOW), StepDone(NOW, 1, 1, False), StepDone(NOW, 1, 0, True),
    ]  # fmt: skip


async def test_nobody_else_marks_a_step_of_hers(network: FakeNetwork, ada: Enrollment) -> None:
    for caller in (a_caller(), an_admin()):
        with pytest.raises(EnrollmentNotFound):
            await marked(network, ada, "s0", caller)
    with pytest.raises(StepNotFound):
        await marked(network, ada, "s2")
    assert network.enrollments.all[ada.id] == ada


class Contended(FakeEnrollments):
    """Another device is faster, so and so often."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    async def save(self, enrollment: Enrollment, event: StepDone) -> None:
        if self._times:
            self._times -= 1
            raise ConcurrentUpdate("changed")
        await super().save(enrollment, event)


@pytest.mark.parametrize("times, wins", [(1, True), (TRIES - 1, True), (TRIES, False)])
async def test_a_lost_race_is_run_again_but_not_for_ever(
    network: FakeNetwork, cohort: Cohort, members: list[UUID], times: int, wins: bool
) -> None:
    network.enrollments = Contended(times)
    (ada,) = await enrolled(network, cohort, members[0])
    if wins:
        assert (await marked(network, ada, "s0")).version == 2
    else:
        with pytest.raises(ConcurrentUpdate):
            await marked(network, ada, "s0")


async def test_a_page_of_long_programs_is_cut_so_that_it_can_be_sent(network: FakeNetwork) -> None:
    long = a_definition(*(a_step(f"s{n}") for n in range(MAX_STEPS)))
    made = [await network.programs.add(a_program(long), a_request()) for _ in range(25)]
    seen, more = list(made[:0]), True
    while more:
        page, more = await list_programs(network.programs, seen[-1].id if seen else None, 20)
        assert len(page) <= MOST_STEPS / MAX_STEPS
        seen += page
    assert seen == made
