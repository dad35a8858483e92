"""Programs and cohorts are made once per request, and by admins alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import Invalid
from common.ids import new_id
from common.testing.clock import FakeClock
from programs.application.create_cohort import create_cohort
from programs.application.create_program import create_program
from programs.domain.cohort import Cohort
from programs.domain.errors import ProgramNotFound, RequestIdReused
from programs.domain.program import Definition

from services.programs.tests.builders import (
    NOW,
    a_definition,
    a_program,
    a_request,
    an_admin,
    an_enrollment,
)
from services.programs.tests.fakes import FakeNetwork


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
def admin() -> Caller:
    return an_admin()


async def test_a_program_is_made_once_per_request(network: FakeNetwork, admin: Caller) -> None:
    clock = FakeClock(NOW)
    made = await create_program(network.programs, clock, admin, a_definition(), "r-1")
    assert (made.definition, made.created_at) == (a_definition(), NOW)
    clock.advance(timedelta(hours=1))
    assert await create_program(network.programs, clock, admin, a_definition(), "r-1") == made
    await create_program(network.programs, clock, admin, a_definition(), "r-2")
    await create_program(network.programs, clock, an_admin(), a_definition(), "r-1")
    assert len(network.programs.all) == 3


async def test_another_program_under_the_same_request_is_refused(
    network: FakeNetwork, admin: Caller
) -> None:
    clock = FakeClock(NOW)
    await create_program(network.programs, clock, admin, a_definition(), "r-1")
    with pytest.raises(RequestIdReused):
        await create_program(network.programs, clock, admin, a_definition(weeks=11), "r-1")
    assert len(network.programs.all) == 1


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a\nb", "\x00"])
async def test_a_request_needs_an_id_that_can_be_one(
    network: FakeNetwork, admin: Caller, request_id: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await create_program(network.programs, FakeClock(NOW), admin, a_definition(), request_id)
    assert refused.value.metadata == {"field": "request_id"}


async def test_a_program_that_cannot_be_is_not_stored(network: FakeNetwork, admin: Caller) -> None:
    with pytest.raises(Invalid):
        await create_program(
            network.programs, FakeClock(NOW), admin, Definition("Empty", 12, ()), "r-1"
        )
    assert not network.programs.all


async def opened(
    network: FakeNetwork, caller: Caller, program_id: UUID, name: str = "Spring"
) -> tuple[Cohort, int]:
    return await create_cohort(
        network.ports(), caller, program_id=program_id, display_name=name, start_at=NOW,
        request_id="r-1",
    )  # fmt: skip


async def test_a_cohort_is_opened_once_per_request_and_says_how_many_are_in_it(
    network: FakeNetwork, admin: Caller
) -> None:
    program = await network.programs.add(a_program(), a_request())
    cohort, enrolled = await opened(network, admin, program.id)
    assert (cohort.program_id, cohort.start_at, enrolled) == (program.id, NOW, 0)
    await network.enrollments.add([an_enrollment(cohort), an_enrollment(cohort)])
    assert await opened(network, admin, program.id) == (cohort, 2)
    assert len(network.cohorts.all) == 1


async def test_another_cohort_under_the_same_request_is_refused(
    network: FakeNetwork, admin: Caller
) -> None:
    program = await network.programs.add(a_program(), a_request())
    other = await network.programs.add(a_program(), a_request())
    cohort, _ = await opened(network, admin, program.id)
    with pytest.raises(RequestIdReused):
        await opened(network, admin, program.id, name="Autumn")
    with pytest.raises(RequestIdReused):
        await opened(network, admin, other.id)
    assert not cohort.says(replace(cohort, start_at=NOW + timedelta(days=1)))


async def test_a_cohort_needs_a_program_and_a_name(network: FakeNetwork, admin: Caller) -> None:
    with pytest.raises(ProgramNotFound):
        await opened(network, admin, new_id())
    program = await network.programs.add(a_program(), a_request())
    with pytest.raises(Invalid) as refused:
        await opened(network, admin, program.id, name=" ")
    assert refused.value.metadata == {"field": "display_name"}
