"""Who is let through: tokens, roles, and the walls between networks."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from kith.programs.v1 import programs_service_pb2 as api

from services.programs.tests.builders import NETWORK, OTHER_NETWORK
from services.programs.tests.doors import START, STEP, Client, Door, Issuer

SOMETHING = str(new_id())
METHODS = [
    "CreateProgram", "ListPrograms", "CreateCohort", "EnrollMembers", "ListEnrollments",
    "MarkStepDone",
]  # fmt: skip
PEERS = ["member", "mentor", "moderator", "care_team", "network_admin"]
ROLES = [*PEERS, "sponsor_analyst", "platform_operator"]
ADMINS = {"CreateProgram", "CreateCohort", "EnrollMembers"}


def calls(client: Client) -> dict[str, tuple[Any, Any]]:
    """Every method, with a request that is fine but for what it is about."""
    programs, enrollments = client.programs, client.enrollments
    return {
        "CreateProgram": (
            programs.CreateProgram,
            api.CreateProgramRequest(display_name="x", weeks=1, steps=[STEP], request_id="r"),
        ),
        "ListPrograms": (programs.ListPrograms, api.ListProgramsRequest()),
        "CreateCohort": (
            programs.CreateCohort,
            api.CreateCohortRequest(
                program_id=SOMETHING, display_name="x", start_time=START, request_id="r"
            ),
        ),
        "EnrollMembers": (
            enrollments.EnrollMembers,
            api.EnrollMembersRequest(cohort_id=SOMETHING, member_ids=[SOMETHING]),
        ),
        "ListEnrollments": (enrollments.ListEnrollments, api.ListEnrollmentsRequest()),
        "MarkStepDone": (
            enrollments.MarkStepDone,
            api.MarkStepDoneRequest(enrollment_id=SOMETHING, step_id="hello"),
        ),
    }


@pytest.mark.parametrize("method", METHODS)
async def test_without_a_good_token_nothing_is_done(door: Door, method: str) -> None:
    behaviour, request = calls(door.client)[method]
    for token in (None, "", "garbage", Issuer().token("network_admin")):
        with pytest.raises(RemoteError) as refused:
            await call(behaviour, request, token=token)
        assert refused.value.kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize("method", METHODS)
async def test_each_role_may_do_its_part_and_no_more(door: Door, method: str) -> None:
    for role in ROLES:
        behaviour, request = calls(door.client)[method]
        reason = ""
        try:
            await call(behaviour, request, token=door.issuer.token(role))
        except RemoteError as error:
            reason = error.reason
        allowed = role == "network_admin" or (role in PEERS and method not in ADMINS)
        assert (reason != "FORBIDDEN") == allowed, (role, reason)


async def test_nothing_of_another_network_is_seen_used_or_hinted_at(door: Door) -> None:
    client, issuer = door.client, door.issuer
    here = issuer.token("network_admin", network_id=NETWORK)
    there = issuer.token("network_admin", network_id=OTHER_NETWORK)
    cohort = await client.a_cohort(here)
    ada, _ = await door.join(NETWORK)
    (enrollment,) = await client.enroll(here, cohort.id, [ada])
    eve, _ = await door.join(OTHER_NETWORK)
    own = await client.a_cohort(there)

    listed = await call(client.programs.ListPrograms, api.ListProgramsRequest(), token=there)
    assert [program.id for program in listed.programs] == [own.program_id]
    ada_there = issuer.token("member", ada, OTHER_NETWORK)  # the same subject, another network
    assert not (await client.own(ada_there)).enrollments

    async def attempt(what: str, id: str) -> None:
        if what == "program":
            await client.create_cohort(there, id, request_id="r-2")
        elif what == "cohort":
            await client.enroll(there, id, [eve])
        elif what == "member":
            await client.enroll(there, own.id, [eve, id])
        else:
            await client.mark(ada_there, id, "hello")

    for what, id in (
        ("program", cohort.program_id), ("cohort", cohort.id), ("member", str(ada)),
        ("enrollment", enrollment.id),
    ):  # fmt: skip
        answers = set()
        for asked in (id, SOMETHING):
            with pytest.raises(RemoteError) as refused:
                await attempt(what, asked)
            error = refused.value
            answers.add((error.reason, error.message, str(error.metadata)))
        ((reason, *_),) = answers  # what is there is refused as what is nowhere
        assert reason == f"{what.upper()}_NOT_FOUND"
    assert await client.enroll(here, cohort.id, [ada]) == [enrollment]


async def test_the_same_request_id_in_two_networks_makes_two_programs(door: Door) -> None:
    admin_id = new_id()
    made = [
        await door.client.create_program(door.issuer.token("network_admin", admin_id, network_id))
        for network_id in (NETWORK, OTHER_NETWORK)
    ]
    assert made[0].id != made[1].id
