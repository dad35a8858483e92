"""Cohorts: members who start a program together."""

from __future__ import annotations

from kith.programs.v1 import programs_pb2 as pb
from kith.programs.v1 import programs_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Output,
    PathId,
    RequestId,
    Time,
    TimeSent,
    fresh_id,
    time,
    timestamp,
)
from gateway.entrypoints.http.programs import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Line80


class CreateCohort(Input):
    """A cohort to open; week 1 begins at its start time."""

    display_name: Line80
    start_time: TimeSent
    request_id: RequestId = field(default_factory=fresh_id)


class Cohort(Output):
    """Members who start a program together."""

    id: str
    program_id: str
    display_name: str
    start_time: Time
    enrollment_count: int


def cohort_of(cohort: pb.Cohort) -> Cohort:
    return Cohort(
        id=cohort.id, program_id=cohort.program_id, display_name=cohort.display_name,
        start_time=time(cohort.start_time), enrollment_count=cohort.enrollment_count,
    )  # fmt: skip


@post(
    "/v1/programs/{program_id:str}/cohorts", dto=Json[CreateCohort],
    summary="Open a cohort of a program", tags=TAGS,
)  # fmt: skip
async def create_cohort(
    request: KithRequest, program_id: PathId, data: JSONBody[CreateCohort]
) -> Cohort:
    reply = await request.ask(
        request.services.programs.CreateCohort,
        api.CreateCohortRequest(
            program_id=program_id, display_name=data.display_name,
            start_time=timestamp(data.start_time, "startTime"), request_id=data.request_id,
        ),
    )  # fmt: skip
    return cohort_of(reply.cohort)
