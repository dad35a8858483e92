"""Program definitions."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.programs.v1 import programs_pb2 as pb
from kith.programs.v1 import programs_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Int32,
    Names,
    Output,
    PageSize,
    PageToken,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Line80, Line120, StepId, told

StepKindName = Literal[
    "resource", "discussion", "check_in", "assessment", "peer_meeting", "task"
]  # fmt: skip
STEP_KINDS: Names[StepKindName] = Names(pb.StepKind.DESCRIPTOR)
Weeks = Annotated[Int32, told(minimum=1, maximum=52)]
TAGS = ["programs"]


class CreateStep(Input):
    """A step of the program to create."""

    id: StepId
    week: Weeks
    kind: StepKindName
    title: Line120


class CreateProgram(Input):
    """A program to create."""

    display_name: Line80
    weeks: Weeks
    steps: Annotated[list[CreateStep], told(minItems=1, maxItems=500)]
    request_id: RequestId = field(default_factory=fresh_id)


class Step(Output):
    """One step of a program definition."""

    id: str
    week: int
    kind: StepKindName
    title: str


class Program(Output):
    """A program definition, its steps in the order of weeks."""

    id: str
    display_name: str
    weeks: int
    steps: list[Step]
    create_time: Time


class ProgramPage(Output):
    """Programs, oldest first."""

    programs: list[Program]
    next_page_token: str


def program_of(program: pb.Program) -> Program:
    steps = [
        Step(id=step.id, week=step.week, kind=STEP_KINDS.text(step.kind), title=step.title)
        for step in program.steps
    ]
    return Program(
        id=program.id, display_name=program.display_name, weeks=program.weeks, steps=steps,
        create_time=time(program.create_time),
    )  # fmt: skip


@post("/v1/programs", dto=Json[CreateProgram], summary="Create a program", tags=TAGS)
async def create_program(request: KithRequest, data: JSONBody[CreateProgram]) -> Program:
    steps = [
        pb.Step(id=step.id, week=step.week, kind=STEP_KINDS.number(step.kind), title=step.title)
        for step in data.steps
    ]
    reply = await request.ask(
        request.services.programs.CreateProgram,
        api.CreateProgramRequest(
            display_name=data.display_name, weeks=data.weeks, steps=steps,
            request_id=data.request_id,
        ),
    )  # fmt: skip
    return program_of(reply.program)


@get("/v1/programs", summary="Programs of the network", tags=TAGS)
async def list_programs(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> ProgramPage:
    reply = await request.ask(
        request.services.programs.ListPrograms,
        api.ListProgramsRequest(page_size=page_size, page_token=page_token),
    )
    return ProgramPage(
        programs=[program_of(program) for program in reply.programs],
        next_page_token=reply.next_page_token,
    )
