"""The routes of leaving, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import erasure_pb2 as pb
from kith.identity.v1 import erasure_service_pb2 as api

from services.gateway.tests.builders import AT, Json, Route, stamp

SERVICE, PATH = "/kith.identity.v1.ErasureService/", "/v1/accounts/a1/erasure"
ERASURE = pb.Erasure(
    erasure_id="e1", state=pb.ERASURE_STATE_REQUESTED, request_time=stamp(), due_time=stamp()
)
WAITING: Json = {
    "erasureId": "e1", "state": "requested", "requestTime": AT, "receiptServices": [],
    "waitsForPerson": False,
}  # fmt: skip
HELD = pb.Erasure(
    erasure_id="e1", state=pb.ERASURE_STATE_HELD, request_time=stamp(),
    hold_reason=pb.HOLD_REASON_LEGAL_ORDER, hold_expire_time=stamp(),
)  # fmt: skip
ERASURE_JSON = {**WAITING, "dueTime": AT}
HELD_JSON = {**WAITING, "state": "held", "holdReason": "legal_order", "holdExpireTime": AT}
DONE = pb.Erasure(
    erasure_id="e1", state=pb.ERASURE_STATE_FINISHED, request_time=stamp(), finish_time=stamp(),
    receipt_services=["messaging"],
)  # fmt: skip
DONE_JSON = {
    **WAITING, "state": "finished", "finishTime": AT,
    "receiptServices": ["messaging"],
}  # fmt: skip

ALLOWED = pb.Erasure(
    erasure_id="e1", state=pb.ERASURE_STATE_REQUESTED, request_time=stamp(),
    waits_for_person=True, allow_reason=pb.ALLOW_REASON_MISTAKE,
)  # fmt: skip
ALLOWED_JSON = {**WAITING, "waitsForPerson": True, "allowReason": "mistake"}

LEAVING = [
    Route(
        "PUT", PATH, SERVICE + "RequestErasure", api.RequestErasureRequest(member_id="a1"),
        api.RequestErasureResponse(erasure=ERASURE), ERASURE_JSON,
    ),
    Route(
        "DELETE", PATH, SERVICE + "CancelErasure", api.CancelErasureRequest(member_id="a1"),
        api.CancelErasureResponse(erasure=ERASURE), ERASURE_JSON,
    ),
    Route(
        "GET", PATH, SERVICE + "GetErasure", api.GetErasureRequest(member_id="a1"),
        api.GetErasureResponse(erasure=DONE), DONE_JSON,
    ),
    Route(
        "PUT", f"{PATH}/hold", SERVICE + "HoldErasure",
        api.HoldErasureRequest(member_id="a1", reason=pb.HOLD_REASON_LEGAL_ORDER),
        api.HoldErasureResponse(erasure=HELD), HELD_JSON, body={"reason": "legal_order"},
    ),
    Route(
        "DELETE", f"{PATH}/hold", SERVICE + "ReleaseErasure",
        api.ReleaseErasureRequest(member_id="a1"), api.ReleaseErasureResponse(erasure=ERASURE),
        ERASURE_JSON,
    ),
    Route(
        "PUT", f"{PATH}/allowance", SERVICE + "AllowErasure",
        api.AllowErasureRequest(member_id="a1", reason=pb.ALLOW_REASON_MISTAKE),
        api.AllowErasureResponse(erasure=ALLOWED), ALLOWED_JSON, body={"reason": "mistake"},
    ),
]  # fmt: skip
