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
from identity.domain.erasure import Erasure, HoldReason, Record, State

_STATES = {
    State.REQUESTED: pb.ERASURE_STATE_REQUESTED, State.HELD: pb.ERASURE_STATE_HELD,
    State.CANCELLED: pb.ERASURE_STATE_CANCELLED, State.CLOSING: pb.ERASURE_STATE_CLOSED,
    State.CLOSED: pb.ERASURE_STATE_CLOSED, State.STARTED: pb.ERASURE_STATE_STARTED,
    State.COMPLETE: pb.ERASURE_STATE_STARTED, State.FINISHED: pb.ERASURE_STATE_FINISHED,
}  # fmt: skip
_REASONS = {reason: pb.HoldReason.Value(f"HOLD_REASON_{reason.upper()}") for reason in HoldReason}
_REASON_OF = {number: reason for reason, number in _REASONS.items()}


class ErasureService(grpc_api.ErasureServiceServicer):
    """See protos/kith/identity/v1/erasure_service.proto."""

    def __init__(self, leaving: Leaving) -> None:
        self._leaving = leaving

    async def RequestErasure(
        self, request: api.RequestErasureRequest, context: Context
    ) -> api.RequestErasureResponse:
        access = auth.access()
        found = await self._leaving.request(access, _whose(access, request.member_id))
        return api.RequestErasureResponse(erasure=_erasure(found))

    async def CancelErasure(
        self, request: api.CancelErasureRequest, context: Context
    ) -> api.CancelErasureResponse:
        access = auth.access()
        found = await self._leaving.cancel(access, _whose(access, request.member_id))
        return api.CancelErasureResponse(erasure=_erasure(found))

    async def GetErasure(
        self, request: api.GetErasureRequest, context: Context
    ) -> api.GetErasureResponse:
        access = auth.access()
        found = await self._leaving.get(access, _whose(access, request.member_id))
        told = _erasure(found) if isinstance(found, Erasure) else _record(found)
        return api.GetErasureResponse(erasure=told)

    async def HoldErasure(
        self, request: api.HoldErasureRequest, context: Context
    ) -> api.HoldErasureResponse:
        reason = _REASON_OF.get(request.reason)
        if reason is None:
            raise Invalid("no such reason", field="reason")
        member_id = parse_id(request.member_id, "member_id")
        found = await self._leaving.hold(auth.access(), member_id, reason)
        return api.HoldErasureResponse(erasure=_erasure(found))

    async def ReleaseErasure(
        self, request: api.ReleaseErasureRequest, context: Context
    ) -> api.ReleaseErasureResponse:
        member_id = parse_id(request.member_id, "member_id")
        found = await self._leaving.release(auth.access(), member_id)
        return api.ReleaseErasureResponse(erasure=_erasure(found))


def _whose(access: auth.Access, member_id: str) -> UUID:
    return parse_id(member_id, "member_id") if member_id else access.caller.subject


def _erasure(erasure: Erasure) -> pb.Erasure:
    waits = erasure.state is State.REQUESTED
    return pb.Erasure(
        erasure_id=str(erasure.id), state=_STATES[erasure.state],
        request_time=_timestamp(erasure.requested_at),
        due_time=_timestamp(erasure.grace_until) if waits else None,
        hold_reason=_REASONS[erasure.hold_reason]
        if erasure.hold_reason
        else pb.HOLD_REASON_UNSPECIFIED,
        receipt_services=sorted(receipt.service for receipt in erasure.receipts),
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
