"""The gRPC service of erasures: translate, one call, translate back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common import auth
from common.clock import epoch_millis
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import erasure_pb2 as pb
from kith.identity.v1 import erasure_service_pb2 as api
from kith.identity.v1 import erasure_service_pb2_grpc as grpc_api

from identity.application.leave import Leaving
from identity.application.step_up import StepUp
from identity.domain.erasure import AllowReason, Erasure, HoldReason, Record, State

_STATES = {
    State.REQUESTED: pb.ERASURE_STATE_REQUESTED, State.HELD: pb.ERASURE_STATE_HELD,
    State.CANCELLED: pb.ERASURE_STATE_CANCELLED, State.CLOSING: pb.ERASURE_STATE_CLOSED,
    State.CLOSED: pb.ERASURE_STATE_CLOSED, State.STARTED: pb.ERASURE_STATE_STARTED,
    State.COMPLETE: pb.ERASURE_STATE_STARTED, State.FINISHED: pb.ERASURE_STATE_FINISHED,
}  # fmt: skip
REASONS = {reason: pb.HoldReason.Value(f"HOLD_REASON_{reason.upper()}") for reason in HoldReason}
_ALLOW_REASONS = {
    reason: pb.AllowReason.Value(f"ALLOW_REASON_{reason.upper()}") for reason in AllowReason
}
_ALLOW_REASON_OF = {number: reason for reason, number in _ALLOW_REASONS.items()}
REASON_OF = {number: reason for reason, number in REASONS.items()}


class ErasureService(grpc_api.ErasureServiceServicer):
    """See protos/kith/identity/v1/erasure_service.proto."""

    def __init__(self, leaving: Leaving, step_up: StepUp) -> None:
        self._leaving = leaving
        self._step_up = step_up

    async def RequestErasure(
        self, request: api.RequestErasureRequest, context: Context
    ) -> api.RequestErasureResponse:
        access = auth.access()
        await self._step_up.check(access.caller)
        found = await self._leaving.request(access, _whose(access, request.member_id))
        return api.RequestErasureResponse(erasure=told(found))

    async def CancelErasure(
        self, request: api.CancelErasureRequest, context: Context
    ) -> api.CancelErasureResponse:
        access = auth.access()
        found = await self._leaving.cancel(access, _whose(access, request.member_id))
        return api.CancelErasureResponse(erasure=told(found))

    async def GetErasure(
        self, request: api.GetErasureRequest, context: Context
    ) -> api.GetErasureResponse:
        access = auth.access()
        found = await self._leaving.get(access, _whose(access, request.member_id))
        shown = told(found) if isinstance(found, Erasure) else _record(found)
        return api.GetErasureResponse(erasure=shown)

    async def HoldErasure(
        self, request: api.HoldErasureRequest, context: Context
    ) -> api.HoldErasureResponse:
        reason = REASON_OF.get(request.reason)
        if reason is None:
            raise Invalid("no such reason", field="reason")
        member_id = parse_id(request.member_id, "member_id")
        found = await self._leaving.hold(auth.access(), member_id, reason)
        return api.HoldErasureResponse(erasure=told(found))

    async def ReleaseErasure(
        self, request: api.ReleaseErasureRequest, context: Context
    ) -> api.ReleaseErasureResponse:
        member_id = parse_id(request.member_id, "member_id")
        found = await self._leaving.release(auth.access(), member_id)
        return api.ReleaseErasureResponse(erasure=told(found))

    async def AllowErasure(
        self, request: api.AllowErasureRequest, context: Context
    ) -> api.AllowErasureResponse:
        reason = _ALLOW_REASON_OF.get(request.reason)
        if reason is None:
            raise Invalid("no such reason", field="reason")
        member_id = parse_id(request.member_id, "member_id")
        found = await self._leaving.allow(auth.access(), member_id, reason)
        return api.AllowErasureResponse(erasure=told(found))


def _whose(access: auth.Access, member_id: str) -> UUID:
    return parse_id(member_id, "member_id") if member_id else access.caller.subject


def told(erasure: Erasure) -> pb.Erasure:
    """As she is told it, and admins too: one that is held under seal looks as one that is not."""
    held = erasure.state is State.HELD and not erasure.hold_sealed
    state = State.REQUESTED if erasure.hold_sealed and erasure.waits else erasure.state
    return pb.Erasure(
        erasure_id=str(erasure.id), state=_STATES[state],
        request_time=_timestamp(erasure.requested_at),
        due_time=_timestamp(erasure.grace_until) if erasure.waits else None,
        hold_reason=REASONS[erasure.hold_reason]
        if held and erasure.hold_reason
        else pb.HOLD_REASON_UNSPECIFIED,
        hold_expire_time=_timestamp(erasure.held_until) if held and erasure.held_until else None,
        receipt_services=sorted(receipt.service for receipt in erasure.receipts),
        waits_for_person=erasure.waits_for_person,
        allow_reason=_ALLOW_REASONS[erasure.allow_reason]
        if erasure.allow_reason
        else pb.ALLOW_REASON_UNSPECIFIED,
    )  # fmt: skip


def _record(record: Record) -> pb.Erasure:
    return pb.Erasure(
        erasure_id=str(record.erasure_id), state=pb.ERASURE_STATE_FINISHED,
        request_time=_timestamp(record.requested_at), finish_time=_timestamp(record.finished_at),
        receipt_services=sorted(receipt.service for receipt in record.receipts),
    )  # fmt: skip


def _timestamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
