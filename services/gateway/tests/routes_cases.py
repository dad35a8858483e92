"""The routes of crisis cases, each with one good request."""

from __future__ import annotations

from kith.community.v1 import case_service_pb2 as api

from services.gateway.tests.builders import AT, Route, stamp

SERVICE = "/kith.community.v1.CaseService"
OPEN = api.Case(
    id="k1", member_id="a1", kind=api.CASE_KIND_SELF_HARM, severity=api.CASE_SEVERITY_URGENT,
    state=api.CASE_STATE_OPEN, opened_by="b1", open_time=stamp(), version=1,
)  # fmt: skip
OPEN_JSON = {
    "id": "k1", "memberId": "a1", "kind": "self_harm", "severity": "urgent", "state": "open",
    "openedBy": "b1", "openTime": AT, "version": 1,
}  # fmt: skip
CLOSED = api.Case(
    id="k1", member_id="a1", kind=api.CASE_KIND_SELF_HARM, severity=api.CASE_SEVERITY_URGENT,
    state=api.CASE_STATE_CLOSED, opened_by="b1", open_time=stamp(), version=3, claimed_by="b1",
    claim_time=stamp(), outcome=api.CASE_OUTCOME_SAFE, close_time=stamp(),
)  # fmt: skip
CLOSED_JSON = {
    **OPEN_JSON, "state": "closed", "version": 3, "claimedBy": "b1", "claimTime": AT,
    "outcome": "safe", "closeTime": AT,
}  # fmt: skip
CASES = [
    Route(
        "POST", "/v1/cases", f"{SERVICE}/OpenCase",
        api.OpenCaseRequest(
            member_id="a1", kind=api.CASE_KIND_SELF_HARM, severity=api.CASE_SEVERITY_URGENT,
            request_id="q1",
        ),
        api.OpenCaseResponse(case=OPEN), OPEN_JSON, status=201,
        body={"memberId": "a1", "kind": "self_harm", "severity": "urgent", "requestId": "q1"},
    ),
    Route(
        "GET", "/v1/cases?pageSize=7&pageToken=k0&state=claimed", f"{SERVICE}/ListCases",
        api.ListCasesRequest(page_size=7, page_token="k0", state=api.CASE_STATE_CLAIMED),
        api.ListCasesResponse(cases=[OPEN], next_page_token="k1"),
        {"cases": [OPEN_JSON], "nextPageToken": "k1"},
    ),
    Route(
        "PUT", "/v1/cases/k1/claim", f"{SERVICE}/ClaimCase",
        api.ClaimCaseRequest(case_id="k1", take_over=True),
        api.ClaimCaseResponse(case=OPEN), OPEN_JSON, body={"takeOver": True},
    ),
    Route(
        "PUT", "/v1/cases/k1/outcome", f"{SERVICE}/CloseCase",
        api.CloseCaseRequest(case_id="k1", outcome=api.CASE_OUTCOME_SAFE),
        api.CloseCaseResponse(case=CLOSED), CLOSED_JSON, body={"outcome": "safe"},
    ),
]  # fmt: skip
