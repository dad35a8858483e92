"""Mark a step of one's own enrollment as done."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access
from common.clock import Clock
from common.errors import ConcurrentUpdate
from policy import Facts

from programs.application.ports import Network
from programs.domain.enrollment import Enrollment
from programs.domain.errors import EnrollmentNotFound

TRIES = 20
"""Each failure means that another device's write of the same enrollment succeeded."""


async def mark_step_done(
    network: Network, clock: Clock, access: Access, *, enrollment_id: UUID, step_id: str
) -> Enrollment:
    """The enrollment with the step done; marking it again changes nothing.

    Raises EnrollmentNotFound, StepNotFound, Unavailable, ConcurrentUpdate (too many devices at
    once; try again).
    """
    for _ in range(TRIES - 1):
        try:
            return await _attempt(network, clock, access, enrollment_id, step_id)
        except ConcurrentUpdate:
            continue
    return await _attempt(network, clock, access, enrollment_id, step_id)


async def _attempt(
    network: Network, clock: Clock, access: Access, enrollment_id: UUID, step_id: str
) -> Enrollment:
    enrollment = await network.enrollments.get(enrollment_id)
    missing = EnrollmentNotFound("no such enrollment of yours", field="enrollment_id")
    if enrollment is None:
        raise missing
    access.require(Facts(access.caller.network_id, owner_id=enrollment.member_id), missing)
    program = await network.programs.get(enrollment.program_id)
    if program is None:
        raise RuntimeError("an enrollment follows a program that is not there")
    after, event = enrollment.mark_done(program.definition, step_id, clock.now())
    if event is not None:
        await network.enrollments.save(after, event)
    return after
