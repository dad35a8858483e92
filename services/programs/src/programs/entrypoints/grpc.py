"""Programs' gRPC services: translate, one call, translate back."""

from __future__ import annotations

import grpc
from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.programs.v1 import programs_service_pb2 as api
from kith.programs.v1 import programs_service_pb2_grpc as grpc_api

from programs.application import queries
from programs.application.create_cohort import create_cohort
from programs.application.create_program import create_program
from programs.application.enroll_members import enroll_members
from programs.application.mark_step_done import mark_step_done
from programs.application.ports import Networks
from programs.domain.program import Definition
from programs.entrypoints import translate


def register_services(server: grpc.aio.Server, networks: Networks, clock: Clock) -> None:
    """Add both services to a server."""
    grpc_api.add_ProgramServiceServicer_to_server(ProgramService(networks, clock), server)
    grpc_api.add_EnrollmentServiceServicer_to_server(EnrollmentService(networks, clock), server)


class ProgramService(grpc_api.ProgramServiceServicer):
    """See protos/kith/programs/v1/programs_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def CreateProgram(
        self, request: api.CreateProgramRequest, context: Context
    ) -> api.CreateProgramResponse:
        caller = auth.current()
        definition = Definition(
            request.display_name, request.weeks, translate.steps_of(request.steps)
        )
        programs = self._networks.of(caller.network_id).programs
        program = await create_program(
            programs, self._clock, caller, definition, request.request_id
        )
        return api.CreateProgramResponse(program=translate.program(program))

    async def ListPrograms(
        self, request: api.ListProgramsRequest, context: Context
    ) -> api.ListProgramsResponse:
        caller = auth.current()
        size, after = translate.page_of(request.page_size, request.page_token, default=50, most=100)
        programs = self._networks.of(caller.network_id).programs
        page, more = await queries.list_programs(programs, after, size)
        return api.ListProgramsResponse(
            programs=map(translate.program, page), next_page_token=str(page[-1].id) if more else ""
        )

    async def CreateCohort(
        self, request: api.CreateCohortRequest, context: Context
    ) -> api.CreateCohortResponse:
        caller = auth.current()
        if not request.HasField("start_time"):
            raise Invalid("start_time must be given", field="start_time")
        cohort, enrolled = await create_cohort(
            self._networks.of(caller.network_id), caller,
            program_id=parse_id(request.program_id, "program_id"),
            display_name=request.display_name,
            start_at=translate.time_of(request.start_time, "start_time"),
            request_id=request.request_id,
        )  # fmt: skip
        return api.CreateCohortResponse(cohort=translate.cohort(cohort, enrolled))


class EnrollmentService(grpc_api.EnrollmentServiceServicer):
    """See protos/kith/programs/v1/programs_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def EnrollMembers(
        self, request: api.EnrollMembersRequest, context: Context
    ) -> api.EnrollMembersResponse:
        caller = auth.current()
        enrollments = await enroll_members(
            self._networks.of(caller.network_id), self._clock,
            cohort_id=parse_id(request.cohort_id, "cohort_id"),
            member_ids=translate.ids_of(request.member_ids, "member_ids"), by=caller.subject,
        )  # fmt: skip
        return api.EnrollMembersResponse(enrollments=map(translate.enrollment, enrollments))

    async def ListEnrollments(
        self, request: api.ListEnrollmentsRequest, context: Context
    ) -> api.ListEnrollmentsResponse:
        caller = auth.current()
        size, before = translate.page_of(
            request.page_size, request.page_token, default=50, most=100
        )
        enrollments = self._networks.of(caller.network_id).enrollments
        page, more = await queries.own_enrollments(enrollments, caller, before, size)
        return api.ListEnrollmentsResponse(
            enrollments=map(translate.enrollment, page),
            next_page_token=str(page[-1].id) if more else "",
        )

    async def MarkStepDone(
        self, request: api.MarkStepDoneRequest, context: Context
    ) -> api.MarkStepDoneResponse:
        access = auth.access()
        enrollment = await mark_step_done(
            self._networks.of(access.caller.network_id), self._clock, access,
            enrollment_id=parse_id(request.enrollment_id, "enrollment_id"),
            step_id=request.step_id,
        )  # fmt: skip
        return api.MarkStepDoneResponse(enrollment=translate.enrollment(enrollment))
