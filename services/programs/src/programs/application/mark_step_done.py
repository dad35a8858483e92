"""Mark a step of one's own enrollment as done."""

from __future__ import annotations

from uuid import UUID

from common.auth import Caller
from common.clock import Clock
from common.errors import ConcurrentUpdate

from programs.application.ports import Network
from programs.domain.enrollment import Enrollment
from programs.domain.errors import EnrollmentNotFound

TRIES = 20
"""Each failure means that another device's write of the same enrollment succeeded."""


async def mark_step_done(
    network: Network, clock: Clock, caller: Caller, *, enrollment_id: UUID, step_id: str
) -> Enrollment:
    """The enrollment with the step done; marking it again changes nothing.

    Raises EnrollmentNotFound, StepNotFound, Unavailable, ConcurrentUpdate (too many devices at
    once; try again).
    """
    for _ in range(TRIES - 1):
        try:
            return await _attempt(network, clock, caller, enrollment_id, step_id)
        except ConcurrentUpdate:
            continue
    return await _attempt(network, clock, caller, enrollment_id, step_id)


async def _attempt(
    network: Network, clock: Clock, caller: Caller, enrollment_id: UUID, step_id: str
) -> Enrollment:
    enrollment = await network.enrollments.of_member(enrollment_id, caller.subject)
    if enrollment is None:
        raise EnrollmentNotFound("no such enrollment of yours", field="enrollment_id")
    program = await network.programs.get(enrollment.program_id)
    if program is None:
        raise RuntimeError("an enrollment follows a program that is not there")
    after, event = enrollment.mark_done(program.definition, step_id, clock.now())
    if event is not None:
        await network.enrollments.save(after, event)
    return after
