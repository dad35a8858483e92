"""Many at once, over the real database: requests, seats and steps."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from common.errors import RemoteError
from common.mongo import Database
from kith.programs.v1 import programs_pb2 as pb

from services.programs.tests.doors import Door


async def test_of_many_same_requests_one_program_and_one_cohort_come_out(door: Door) -> None:
    admin = door.issuer.token("network_admin")
    programs = await asyncio.gather(*(door.client.create_program(admin) for _ in range(12)))
    assert all(program == programs[0] for program in programs)
    cohorts = await asyncio.gather(
        *(door.client.create_cohort(admin, programs[0].id) for _ in range(12))
    )
    assert all(cohort == cohorts[0] for cohort in cohorts)


async def test_of_different_requests_with_one_id_one_wins(door: Door) -> None:
    admin = door.issuer.token("network_admin")

    async def attempt(weeks: int) -> str:
        try:
            await door.client.create_program(admin, weeks=weeks)
        except RemoteError as error:
            return error.reason
        return "created"

    outcomes = Counter(await asyncio.gather(*map(attempt, range(12, 22))))
    assert outcomes == {"created": 1, "REQUEST_ID_REUSED": 9}


async def test_admins_who_enroll_the_same_members_at_once_see_the_same_seats(
    door: Door, database: Database
) -> None:
    admin = door.issuer.token("network_admin")
    cohort = await door.client.a_cohort(admin)
    members = [(await door.join())[0] for _ in range(20)]

    async def attempt(number: int) -> dict[str, str]:
        mine = members[number:] + members[:number]
        return {one.member_id: one.id for one in await door.client.enroll(admin, cohort.id, mine)}

    seen = await asyncio.gather(*map(attempt, range(8)))
    assert all(seats == seen[0] for seats in seen)
    assert await database.unscoped("enrollments").count_documents({}) == 20
    async for document in database.unscoped("enrollments").find({}):
        assert [entry["sequence"] for entry in document["outbox"]] == [1, 1, 1]  # and the log


async def test_devices_that_mark_at_once_lose_no_step_and_count_none_twice(
    door: Door, database: Database
) -> None:
    admin = door.issuer.token("network_admin")
    steps = [pb.Step(id=f"s{n}", week=1, kind=pb.STEP_KIND_TASK, title="x") for n in range(6)]
    program = await door.client.create_program(admin, steps=steps)
    cohort = await door.client.create_cohort(admin, program.id)
    ada, token = await door.join()
    (enrollment,) = await door.client.enroll(admin, cohort.id, [ada])

    marks = [f"s{n}" for n in range(6)] * 2  # a phone and a tablet
    await asyncio.gather(*(door.client.mark(token, enrollment.id, step) for step in marks))

    (after,) = (await door.client.own(token)).enrollments
    assert sorted(after.done_step_ids) == sorted(step.id for step in steps)
    assert after.state == pb.ENROLLMENT_STATE_COMPLETED
    document: Any = await database.unscoped("enrollments").find_one({})
    assert document["version"] == 7
    first, *sequences = [entry["sequence"] for entry in document["outbox"]]
    assert first == 1  # and that an admin gave her the seat
    assert sequences == [number for number in range(1, 8) for _ in range(2)]
