"""The routes of legal holds, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import erasure_pb2 as pb
from kith.identity.v1 import hold_service_pb2 as api

from services.gateway.tests.builders import AT, Route, stamp

SERVICE, PATH = "/kith.identity.v1.HoldService", "/v1/accounts/a1/holds/2026-17"
THERE = "01991f3c-7a10-7c3e-9d55-6f1d2b8a4e02"
HOLDS = [
    Route(
        "PUT", PATH, f"{SERVICE}/PlaceHold",
        api.PlaceHoldRequest(
            network_id="n1", member_id="a1", reference="2026-17",
            reason=pb.HOLD_REASON_LEGAL_ORDER, expire_time=stamp(), sealed=True,
        ),
        api.PlaceHoldResponse(), None, status=204,
        body={
            "reason": "legal_order", "expireTime": AT, "sealed": True, "networkId": "n1",
        },
    ),
    Route(
        "DELETE", f"{PATH}?networkId={THERE}", f"{SERVICE}/LiftHold",
        api.LiftHoldRequest(network_id=THERE, member_id="a1", reference="2026-17"),
        api.LiftHoldResponse(), None, status=204,
    ),
    Route(
        "GET", "/v1/holds?pageSize=7&pageToken=a0", f"{SERVICE}/ListHolds",
        api.ListHoldsRequest(page_size=7, page_token="a0"),
        api.ListHoldsResponse(
            holds=[
                api.Hold(
                    member_id="a1", reference="2026-17", reason=pb.HOLD_REASON_DISPUTE,
                    expire_time=stamp(), placed_by="b1", place_time=stamp(), from_platform=True,
                )
            ],
            next_page_token="a1",
        ),
        {
            "holds": [
                {
                    "memberId": "a1", "reference": "2026-17", "reason": "dispute",
                    "expireTime": AT, "sealed": False, "fromPlatform": True, "placedBy": "b1",
                    "placeTime": AT,
                }
            ],
            "nextPageToken": "a1",
        },
    ),
]  # fmt: skip
