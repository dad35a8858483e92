"""Crisis cases: a member may be in danger, and it ends with what a person recorded."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from kith.community.v1 import case_service_pb2 as api
from litestar import get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType, field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    RequestId,
    Time,
    fresh_id,
    time,
    time_if_set,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Uuid

KindName = Literal["suicide_risk", "self_harm", "harm_by_others", "harm_to_others", "medical"]
KINDS: Names[KindName] = Names(api.CaseKind.DESCRIPTOR)
SeverityName = Literal["concern", "urgent", "emergency"]
SEVERITIES: Names[SeverityName] = Names(api.CaseSeverity.DESCRIPTOR)
OutcomeName = Literal["safe", "handed_over", "not_reached", "no_crisis"]
OUTCOMES: Names[OutcomeName] = Names(api.CaseOutcome.DESCRIPTOR)
StateName = Literal["open", "claimed", "closed"]
STATES: Names[StateName] = Names(api.CaseState.DESCRIPTOR)
Only = Annotated[
    str,
    QueryParameter(
        name="state",
        pattern="^(open|claimed|closed)?$",
        description="Only those in this state; empty: whatever their state.",
    ),
]
TAGS = ["cases"]


class OpenCase(Input):
    """About whom, what kind of danger, and how grave."""

    member_id: Uuid
    kind: KindName
    severity: SeverityName
    request_id: RequestId = field(default_factory=fresh_id)


class ClaimCase(Input):
    """Whether to take it from whoever has it."""

    take_over: bool = False


class CloseCase(Input):
    """What became of it."""

    outcome: OutcomeName


class Case(Output):
    """A crisis case."""

    id: str
    member_id: str
    kind: KindName
    severity: SeverityName
    state: StateName
    opened_by: str
    open_time: Time
    version: int
    claimed_by: str | UnsetType = UNSET
    claim_time: Time | UnsetType = UNSET
    outcome: OutcomeName | UnsetType = UNSET
    close_time: Time | UnsetType = UNSET


class CasePage(Output):
    """The oldest first; `nextPageToken` is empty on the last page."""

    cases: list[Case]
    next_page_token: str


def case_of(case: api.Case) -> Case:
    return Case(
        id=case.id, member_id=case.member_id, kind=KINDS.text(case.kind),
        severity=SEVERITIES.text(case.severity), state=STATES.text(case.state),
        opened_by=case.opened_by, open_time=time(case.open_time), version=case.version,
        claimed_by=case.claimed_by or UNSET, claim_time=time_if_set(case, "claim_time"),
        outcome=OUTCOMES.text(case.outcome) if case.outcome else UNSET,
        close_time=time_if_set(case, "close_time"),
    )  # fmt: skip


@post(
    "/v1/cases", dto=Json[OpenCase], summary="Open a crisis case (moderator, care team)", tags=TAGS
)
async def open_case(request: KithRequest, data: JSONBody[OpenCase]) -> Case:
    reply = await request.ask(
        request.services.cases.OpenCase,
        api.OpenCaseRequest(
            member_id=data.member_id, kind=KINDS.number(data.kind),
            severity=SEVERITIES.number(data.severity), request_id=data.request_id,
        ),
    )  # fmt: skip
    return case_of(reply.case)


@get("/v1/cases", summary="The crisis cases of the network (moderator, care team)", tags=TAGS)
async def list_cases(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = "", only: Only = ""
) -> CasePage:
    reply = await request.ask(
        request.services.cases.ListCases,
        api.ListCasesRequest(
            page_size=page_size, page_token=page_token,
            state=STATES.number(cast(StateName, only)) if only else api.CASE_STATE_UNSPECIFIED,
        ),
    )  # fmt: skip
    return CasePage(
        cases=[case_of(one) for one in reply.cases], next_page_token=reply.next_page_token
    )


@put(
    "/v1/cases/{case_id:str}/claim", dto=Json[ClaimCase],
    summary="Take a crisis case on oneself (moderator, care team)", tags=TAGS,
)  # fmt: skip
async def claim_case(request: KithRequest, case_id: PathId, data: JSONBody[ClaimCase]) -> Case:
    reply = await request.ask(
        request.services.cases.ClaimCase,
        api.ClaimCaseRequest(case_id=case_id, take_over=data.take_over),
    )
    return case_of(reply.case)


@put(
    "/v1/cases/{case_id:str}/outcome", dto=Json[CloseCase],
    summary="End a crisis case with what became of it (whoever claimed it)", tags=TAGS,
)  # fmt: skip
async def close_case(request: KithRequest, case_id: PathId, data: JSONBody[CloseCase]) -> Case:
    reply = await request.ask(
        request.services.cases.CloseCase,
        api.CloseCaseRequest(case_id=case_id, outcome=OUTCOMES.number(data.outcome)),
    )
    return case_of(reply.case)
