"""The routes of programs, outcomes and signals, each with one good request."""

from __future__ import annotations

from kith.outcomes.v1 import outcomes_service_pb2 as outcomes
from kith.programs.v1 import programs_service_pb2 as programs
from kith.signals.v1 import signals_service_pb2 as signals

from services.gateway.tests.builders import (
    AT,
    COHORT,
    COHORT_JSON,
    ENROLLMENT,
    ENROLLMENT_JSON,
    INSTRUMENT,
    INSTRUMENT_JSON,
    NEXT,
    PAGE,
    POINT,
    POINT_JSON,
    PROGRAM,
    PROGRAM_JSON,
    QUERY,
    RESPONSE,
    RESPONSE_JSON,
    SIGNAL,
    SIGNAL_JSON,
    STEP,
    STEP_JSON,
    Route,
    stamp,
)

PROGRAMS = [
    Route(
        "POST", "/v1/programs", "/kith.programs.v1.ProgramService/CreateProgram",
        programs.CreateProgramRequest(
            display_name="Stronger Together", weeks=12, steps=[STEP], request_id="q1"
        ),
        programs.CreateProgramResponse(program=PROGRAM), PROGRAM_JSON,
        body={
            "displayName": "Stronger Together", "weeks": 12, "steps": [STEP_JSON],
            "requestId": "q1",
        },
        status=201,
    ),
    Route(
        "GET", f"/v1/programs?{QUERY}", "/kith.programs.v1.ProgramService/ListPrograms",
        programs.ListProgramsRequest(**PAGE),
        programs.ListProgramsResponse(programs=[PROGRAM], next_page_token="t2"),
        {"programs": [PROGRAM_JSON], **NEXT},
    ),
    Route(
        "POST", "/v1/programs/g1/cohorts", "/kith.programs.v1.ProgramService/CreateCohort",
        programs.CreateCohortRequest(
            program_id="g1", display_name="Spring", start_time=stamp(), request_id="q1"
        ),
        programs.CreateCohortResponse(cohort=COHORT), COHORT_JSON,
        body={"displayName": "Spring", "startTime": AT, "requestId": "q1"}, status=201,
    ),
    Route(
        "POST", "/v1/cohorts/h1/enrollments",
        "/kith.programs.v1.EnrollmentService/EnrollMembers",
        programs.EnrollMembersRequest(cohort_id="h1", member_ids=["a1"]),
        programs.EnrollMembersResponse(enrollments=[ENROLLMENT]),
        {"enrollments": [ENROLLMENT_JSON]}, body={"memberIds": ["a1"]}, status=201,
    ),
    Route(
        "GET", f"/v1/enrollments?{QUERY}", "/kith.programs.v1.EnrollmentService/ListEnrollments",
        programs.ListEnrollmentsRequest(**PAGE),
        programs.ListEnrollmentsResponse(enrollments=[ENROLLMENT], next_page_token="t2"),
        {"enrollments": [ENROLLMENT_JSON], **NEXT},
    ),
    Route(
        "PUT", "/v1/enrollments/e1/steps/s1", "/kith.programs.v1.EnrollmentService/MarkStepDone",
        programs.MarkStepDoneRequest(enrollment_id="e1", step_id="s1"),
        programs.MarkStepDoneResponse(enrollment=ENROLLMENT), ENROLLMENT_JSON,
    ),
]  # fmt: skip

OUTCOMES = [
    Route(
        "GET", "/v1/instruments", "/kith.outcomes.v1.ResponseService/ListInstruments",
        outcomes.ListInstrumentsRequest(),
        outcomes.ListInstrumentsResponse(instruments=[INSTRUMENT]),
        {"instruments": [INSTRUMENT_JSON]},
    ),
    Route(
        "POST", "/v1/responses", "/kith.outcomes.v1.ResponseService/CreateResponse",
        outcomes.CreateResponseRequest(
            instrument_id="ucla-3", answers={"q1": 2}, request_id="q1"
        ),
        outcomes.CreateResponseResponse(response=RESPONSE), RESPONSE_JSON,
        body={"instrumentId": "ucla-3", "answers": {"q1": 2}, "requestId": "q1"}, status=201,
    ),
    Route(
        "GET", f"/v1/responses?{QUERY}", "/kith.outcomes.v1.ResponseService/ListResponses",
        outcomes.ListResponsesRequest(**PAGE),
        outcomes.ListResponsesResponse(responses=[RESPONSE], next_page_token="t2"),
        {"responses": [RESPONSE_JSON], **NEXT},
    ),
]  # fmt: skip

SIGNALS = [
    Route(
        "GET", f"/v1/signals?{QUERY}&asOfTime={AT}&includeUnknown=true",
        "/kith.signals.v1.SignalService/ListMemberSignals",
        signals.ListMemberSignalsRequest(as_of_time=stamp(), include_unknown=True, **PAGE),
        signals.ListMemberSignalsResponse(
            signals=[SIGNAL], next_page_token="t2", as_of_time=stamp()
        ),
        {"signals": [SIGNAL_JSON], "asOfTime": AT, **NEXT},
    ),
    Route(
        "GET", "/v1/signals/progress", "/kith.signals.v1.SignalService/GetProgress",
        signals.GetProgressRequest(),
        signals.GetProgressResponse(
            member_count=3, activity_count=2**40, last_activity_time=stamp()
        ),
        {"memberCount": 3, "activityCount": 2**40, "lastActivityTime": AT},
    ),
    Route(
        "GET", "/v1/signals/me", "/kith.signals.v1.SignalService/GetMemberSignal",
        signals.GetMemberSignalRequest(), signals.GetMemberSignalResponse(signal=SIGNAL),
        SIGNAL_JSON,
    ),
    Route(
        "GET", f"/v1/signals/a1?asOfTime={AT}", "/kith.signals.v1.SignalService/GetMemberSignal",
        signals.GetMemberSignalRequest(member_id="a1", as_of_time=stamp()),
        signals.GetMemberSignalResponse(signal=SIGNAL), SIGNAL_JSON,
    ),
    Route(
        "GET", f"/v1/signals/me/course?{QUERY}",
        "/kith.signals.v1.SignalService/ListCoursePoints",
        signals.ListCoursePointsRequest(**PAGE),
        signals.ListCoursePointsResponse(points=[POINT], next_page_token="t2"),
        {"points": [POINT_JSON], **NEXT},
    ),
    Route(
        "GET", f"/v1/signals/a1/course?{QUERY}",
        "/kith.signals.v1.SignalService/ListCoursePoints",
        signals.ListCoursePointsRequest(member_id="a1", **PAGE),
        signals.ListCoursePointsResponse(points=[POINT], next_page_token="t2"),
        {"points": [POINT_JSON], **NEXT},
    ),
]  # fmt: skip
