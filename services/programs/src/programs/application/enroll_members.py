"""Give members seats in a cohort, all of them or, if one is nobody of the network, none."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.clock import Clock
from common.errors import Invalid
from common.ids import new_id

from programs.application.ports import Members, Network
from programs.domain.enrollment import Enrollment
from programs.domain.errors import CohortNotFound, MemberNotFound

MOST = 500


async def enroll_members(
    network: Network, clock: Clock, *, cohort_id: UUID, member_ids: Sequence[UUID],
    by: UUID | None = None,
) -> Sequence[Enrollment]:  # fmt: skip
    """One enrollment per member, in the order asked for; who has one already keeps it.

    Raises Invalid, CohortNotFound, MemberNotFound (and then nobody is enrolled).
    """
    if not 1 <= len(member_ids) <= MOST:
        raise Invalid(f"member_ids must be 1 to {MOST}", field="member_ids")
    cohort = await network.cohorts.get(cohort_id)
    if cohort is None:
        raise CohortNotFound("no such cohort in your network", field="cohort_id")
    await _check_known(network.members, member_ids)
    now = clock.now()
    return await network.enrollments.add([
        Enrollment(new_id(), cohort.id, cohort.program_id, member_id, now)
        for member_id in dict.fromkeys(member_ids)
    ], by)  # fmt: skip


async def _check_known(members: Members, member_ids: Sequence[UUID]) -> None:
    unknown = await members.unknown(set(member_ids))
    for index, member_id in enumerate(member_ids):
        if member_id in unknown:
            raise MemberNotFound("no such member in your network", field=f"member_ids[{index}]")
