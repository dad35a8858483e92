"""The gRPC service of crisis cases: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.community.v1 import case_service_pb2 as api
from kith.community.v1 import case_service_pb2_grpc as grpc_api

from community.application.cases import CaseDesk
from community.domain.case import Case, CaseDraft, Kind, Outcome, Severity, State
from community.entrypoints import translate

Named = TypeVar("Named", bound=StrEnum)


def _numbers(kind: type[Named], enum: Any, prefix: str) -> Mapping[Named, Any]:
    return {one: enum.Value(f"{prefix}_{one.value.upper()}") for one in kind}


_KINDS = _numbers(Kind, api.CaseKind, "CASE_KIND")
_SEVERITIES = _numbers(Severity, api.CaseSeverity, "CASE_SEVERITY")
_OUTCOMES = _numbers(Outcome, api.CaseOutcome, "CASE_OUTCOME")
_STATES = _numbers(State, api.CaseState, "CASE_STATE")


class CaseService(grpc_api.CaseServiceServicer):
    """See protos/kith/community/v1/case_service.proto."""

    def __init__(self, desk: CaseDesk) -> None:
        self._desk = desk

    async def OpenCase(
        self, request: api.OpenCaseRequest, context: Context
    ) -> api.OpenCaseResponse:
        caller = auth.current()
        draft = CaseDraft(
            parse_id(request.member_id, "member_id"), _meant(_KINDS, request.kind, "kind"),
            _meant(_SEVERITIES, request.severity, "severity"), caller.subject, request.request_id,
            self._desk.clock.now(),
        )  # fmt: skip
        case = await self._desk.open(caller.network_id, draft)
        return api.OpenCaseResponse(case=told(case))

    async def ClaimCase(
        self, request: api.ClaimCaseRequest, context: Context
    ) -> api.ClaimCaseResponse:
        access, id = auth.access(), parse_id(request.case_id, "case_id")
        case = await self._desk.claim(access, id, take_over=request.take_over)
        return api.ClaimCaseResponse(case=told(case))

    async def CloseCase(
        self, request: api.CloseCaseRequest, context: Context
    ) -> api.CloseCaseResponse:
        access, id = auth.access(), parse_id(request.case_id, "case_id")
        outcome = _meant(_OUTCOMES, request.outcome, "outcome")
        return api.CloseCaseResponse(case=told(await self._desk.close(access, id, outcome)))

    async def ListCases(
        self, request: api.ListCasesRequest, context: Context
    ) -> api.ListCasesResponse:
        access = auth.access()
        size = translate.page_size(request.page_size, default=50)
        after = translate.id_of_page(request.page_token)
        state = _meant(_STATES, request.state, "state") if request.state else None
        found = await self._desk.list(access.caller.network_id, after, size + 1, state)
        shown = found[:size]
        access.lists([one.member_id for one in shown])
        return api.ListCasesResponse(
            cases=map(told, shown), next_page_token=str(shown[-1].id) if len(found) > size else ""
        )


def told(case: Case) -> api.Case:
    """A case as those are told it who see to it."""
    return api.Case(
        id=str(case.id), member_id=str(case.member_id), kind=_KINDS[case.kind],
        severity=_SEVERITIES[case.severity], state=_STATES[case.state],
        opened_by=str(case.opened_by), open_time=translate.timestamp(case.opened_at),
        claimed_by=str(case.claimed_by) if case.claimed_by else "",
        claim_time=translate.timestamp(case.claimed_at) if case.claimed_at else None,
        outcome=_OUTCOMES[case.outcome] if case.outcome else api.CASE_OUTCOME_UNSPECIFIED,
        close_time=translate.timestamp(case.closed_at) if case.closed_at else None,
        version=case.version,
    )  # fmt: skip


def _meant(numbers: Mapping[Named, Any], number: int, field: str) -> Named:
    """The value of a number. Raises Invalid for one that is not known."""
    for value, of_value in numbers.items():
        if of_value == number:
            return value
    raise Invalid(f"{field}: no such value", field=field)
