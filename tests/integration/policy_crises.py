"""One good request for every door of crisis cases; everybody asks about a case of ana's."""

from __future__ import annotations

from collections.abc import Iterator

from kith.community.v1 import case_service_pb2 as api
from kith.identity.v1 import erasure_pb2, erasure_service_pb2

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import Things, fresh, here

V1 = "community.v1.CaseService/"


def crisis_rpcs() -> Iterator[Case]:
    """Asked of the services themselves. Whom a case is about is not looked up."""
    yield rpc(
        V1 + "OpenCase",
        lambda t: api.OpenCaseRequest(
            member_id=t.ana, kind=api.CASE_KIND_MEDICAL, severity=api.CASE_SEVERITY_CONCERN,
            request_id=fresh("k"),
        ),
    )  # fmt: skip
    yield rpc(
        V1 + "ClaimCase", lambda t: api.ClaimCaseRequest(case_id=t.case, take_over=True), here
    )
    yield rpc(
        V1 + "CloseCase",
        lambda t: api.CloseCaseRequest(case_id=t.case, outcome=api.CASE_OUTCOME_SAFE),
        here,
    )
    yield rpc(V1 + "ListCases", lambda _: api.ListCasesRequest())
    yield rpc(
        "identity.v1.ErasureService/AllowErasure",
        lambda t: erasure_service_pb2.AllowErasureRequest(
            member_id=t.dora, reason=erasure_pb2.ALLOW_REASON_MISTAKE
        ),
        here,
    )


def crisis_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route("open_case", "POST", "/v1/cases", body=_about_ana)
    yield route("claim_case", "PUT", "/v1/cases/{case}/claim", here, lambda _: {"takeOver": True})
    yield route(
        "close_case", "PUT", "/v1/cases/{case}/outcome", here, lambda _: {"outcome": "safe"}
    )
    yield route("list_cases", "GET", "/v1/cases")
    yield route(
        "allow_erasure", "PUT", "/v1/accounts/{dora}/erasure/allowance", here,
        lambda _: {"reason": "mistake"},
    )  # fmt: skip


def _about_ana(things: Things) -> dict[str, str]:
    return {"memberId": things.ana, "kind": "medical", "severity": "concern"}
