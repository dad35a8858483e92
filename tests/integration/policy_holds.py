"""One good request for every door of legal holds.

Everybody has a reference of her own: what the platform's operator placed no admin lifts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from common.ids import new_id
from gateway.entrypoints.http.actions import ACTIONS
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import erasure_pb2
from kith.identity.v1 import hold_service_pb2 as api

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_doors import Doors, Heard
from tests.integration.policy_world import Things, here

V1 = "/kith.identity.v1.HoldService/"
ENDS = datetime.now(UTC) + timedelta(days=30)  # noqa: TID251  # real


def hold_rpcs() -> Iterator[Case]:
    """Asked of identity itself."""

    def place(things: Things, reference: str) -> Message:
        expires = Timestamp()
        expires.FromDatetime(ENDS)
        return api.PlaceHoldRequest(
            network_id=_where(things), member_id=things.dora, reference=reference,
            reason=erasure_pb2.HOLD_REASON_DISPUTE, expire_time=expires,
        )  # fmt: skip

    def placing(doors: Doors, token: str | None, things: Things) -> Heard:
        return doors.rpc(V1 + "PlaceHold", place(things, _reference(token)), token)

    def lifting(doors: Doors, token: str | None, things: Things) -> Heard:
        wanted = api.LiftHoldRequest(
            network_id=_where(things), member_id=things.dora, reference=_reference(token)
        )
        return doors.rpc(V1 + "LiftHold", wanted, token)

    yield Case("rpc PlaceHold", V1 + "PlaceHold", here, placing)
    yield Case("rpc LiftHold", V1 + "LiftHold", here, lifting)
    yield rpc("identity.v1.HoldService/ListHolds", lambda _: api.ListHoldsRequest())


def hold_routes() -> Iterator[Case]:
    """Asked of the gateway."""

    def placing(doors: Doors, token: str | None, things: Things) -> Heard:
        body = {
            "reason": "dispute", "expireTime": ENDS.isoformat(), "networkId": _where(things),
        }  # fmt: skip
        return doors.rest("PUT", _path(things, token), body, token)

    def lifting(doors: Doors, token: str | None, things: Things) -> Heard:
        path = f"{_path(things, token)}?networkId={_where(things)}"
        return doors.rest("DELETE", path, None, token)

    yield Case("PUT a hold", ACTIONS["place_hold"], here, placing)
    yield Case("DELETE a hold", ACTIONS["lift_hold"], here, lifting)
    yield route("list_holds", "GET", "/v1/holds")


def _path(things: Things, token: str | None) -> str:
    return f"/v1/accounts/{things.dora}/holds/{_reference(token)}"


def _where(things: Things) -> str:
    return things.network_id or str(new_id())


def _reference(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()[:12]
