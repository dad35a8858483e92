"""Enrollments: a member's way through a program."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.programs.v1 import programs_pb2 as pb
from kith.programs.v1 import programs_service_pb2 as api
from litestar import get, post, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.programs import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Uuid, told

StateName = Literal["active", "completed"]
STATES: Names[StateName] = Names(pb.EnrollmentState.DESCRIPTOR)


class EnrollMembers(Input):
    """Whom to enroll; who is enrolled already stays as she is."""

    member_ids: Annotated[list[Uuid], told(minItems=1, maxItems=500)]


class Enrollment(Output):
    """One member's way through a program."""

    id: str
    cohort_id: str
    program_id: str
    member_id: str
    state: StateName
    done_step_ids: list[str]
    create_time: Time


class Enrollments(Output):
    """One per member, in the order asked for."""

    enrollments: list[Enrollment]


class EnrollmentPage(Output):
    """The caller's enrollments, newest first."""

    enrollments: list[Enrollment]
    next_page_token: str


def enrollment_of(enrollment: pb.Enrollment) -> Enrollment:
    return Enrollment(
        id=enrollment.id, cohort_id=enrollment.cohort_id, program_id=enrollment.program_id,
        member_id=enrollment.member_id, state=STATES.text(enrollment.state),
        done_step_ids=list(enrollment.done_step_ids), create_time=time(enrollment.create_time),
    )  # fmt: skip


@post(
    "/v1/cohorts/{cohort_id:str}/enrollments", dto=Json[EnrollMembers],
    summary="Enroll members in a cohort", tags=TAGS,
)  # fmt: skip
async def enroll_members(
    request: KithRequest, cohort_id: PathId, data: JSONBody[EnrollMembers]
) -> Enrollments:
    reply = await request.ask(
        request.services.enrollments.EnrollMembers,
        api.EnrollMembersRequest(cohort_id=cohort_id, member_ids=data.member_ids),
    )
    return Enrollments(enrollments=[enrollment_of(one) for one in reply.enrollments])


@get("/v1/enrollments", summary="The caller's enrollments", tags=TAGS)
async def list_enrollments(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> EnrollmentPage:
    reply = await request.ask(
        request.services.enrollments.ListEnrollments,
        api.ListEnrollmentsRequest(page_size=page_size, page_token=page_token),
    )
    return EnrollmentPage(
        enrollments=[enrollment_of(one) for one in reply.enrollments],
        next_page_token=reply.next_page_token,
    )


@put(
    "/v1/enrollments/{enrollment_id:str}/steps/{step_id:str}", summary="Mark a step as done",
    tags=TAGS,
)  # fmt: skip
async def mark_step_done(
    request: KithRequest, enrollment_id: PathId, step_id: PathId
) -> Enrollment:
    reply = await request.ask(
        request.services.enrollments.MarkStepDone,
        api.MarkStepDoneRequest(enrollment_id=enrollment_id, step_id=step_id),
    )
    return enrollment_of(reply.enrollment)
