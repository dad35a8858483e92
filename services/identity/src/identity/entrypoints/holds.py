"""The gRPC service of legal holds: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import hold_service_pb2 as api
from kith.identity.v1 import hold_service_pb2_grpc as grpc_api

from identity.application.holds import Holding, Wanted
from identity.domain.hold import Holds
from identity.entrypoints import translate
from identity.entrypoints.grpc_erasure import REASON_OF, REASONS


class HoldService(grpc_api.HoldServiceServicer):
    """See protos/kith/identity/v1/hold_service.proto."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding

    async def PlaceHold(
        self, request: api.PlaceHoldRequest, context: Context
    ) -> api.PlaceHoldResponse:
        reason = REASON_OF.get(request.reason)
        if reason is None:
            raise Invalid("no such reason", field="reason")
        if not request.HasField("expire_time"):
            raise Invalid("expire_time is needed: no hold is without an end", field="expire_time")
        wanted = Wanted(
            _network(request.network_id), parse_id(request.member_id, "member_id"),
            request.reference, reason, translate.time_of(request.expire_time, "expire_time"),
            request.sealed,
        )  # fmt: skip
        await self._holding.place(auth.access(), wanted)
        return api.PlaceHoldResponse()

    async def LiftHold(
        self, request: api.LiftHoldRequest, context: Context
    ) -> api.LiftHoldResponse:
        await self._holding.lift(
            auth.access(), _network(request.network_id),
            parse_id(request.member_id, "member_id"), request.reference,
        )  # fmt: skip
        return api.LiftHoldResponse()

    async def ListHolds(
        self, request: api.ListHoldsRequest, context: Context
    ) -> api.ListHoldsResponse:
        size = translate.page_size(request.page_size, default=50, most=200)
        after = parse_id(request.page_token, "page_token") if request.page_token else None
        found = await self._holding.list(auth.current().network_id, after, size + 1)
        shown, me = found[:size], auth.current().subject
        auth.access().lists([one.member_id for one in shown if one.disclosed])
        return api.ListHoldsResponse(
            holds=[told for one in shown for told in _told(one, me)],
            next_page_token=str(shown[-1].member_id) if len(found) > size else "",
        )


def _network(id: str) -> UUID | None:
    return parse_id(id, "network_id") if id else None


def _told(holds: Holds, me: UUID) -> Iterator[api.Hold]:
    """Of herself an admin is not told either what a law forbids telling."""
    for one in holds.all:
        if one.sealed and holds.member_id == me:
            continue
        yield api.Hold(
            member_id=str(holds.member_id), reference=one.reference, reason=REASONS[one.reason],
            expire_time=translate.timestamp(one.ends_at), sealed=one.sealed,
            from_platform=one.from_platform, placed_by=str(one.placed_by),
            place_time=translate.timestamp(one.placed_at),
        )  # fmt: skip
