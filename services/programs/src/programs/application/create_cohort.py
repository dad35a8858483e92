"""Open a cohort of a program."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.auth import Caller
from common.ids import new_id

from programs.application.ports import Network
from programs.domain.cohort import Cohort
from programs.domain.errors import ProgramNotFound, RequestIdReused
from programs.domain.request import Request


async def create_cohort(
    network: Network, caller: Caller, *, program_id: UUID, display_name: str, start_at: datetime,
    request_id: str,
) -> tuple[Cohort, int]:  # fmt: skip
    """The new cohort, or the one this request made before; and how many members are in it.

    Raises Invalid, ProgramNotFound, RequestIdReused.
    """
    request = Request(caller.subject, request_id)
    wanted = Cohort.open(new_id(), program_id, display_name, start_at)
    if await network.programs.get(program_id) is None:
        raise ProgramNotFound("no such program in your network", field="program_id")
    cohort = await network.cohorts.add(wanted, request)
    if not cohort.says(wanted):
        raise RequestIdReused("this request_id made another cohort", field="request_id")
    enrolled = 0 if cohort is wanted else await network.enrollments.count(cohort.id)
    return cohort, enrolled
