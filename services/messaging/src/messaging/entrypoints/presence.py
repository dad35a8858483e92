"""The gRPC service of who shows when she was last here."""

from __future__ import annotations

from common import auth
from common.clock import Clock
from common.grpc_server import Context
from kith.messaging.v1 import presence_service_pb2 as api
from kith.messaging.v1 import presence_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks


class PresenceService(grpc_api.PresenceServiceServicer):
    """See protos/kith/messaging/v1/presence_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def GetPresence(
        self, request: api.GetPresenceRequest, context: Context
    ) -> api.GetPresenceResponse:
        caller = auth.current()
        shown = await self._networks.of(caller.network_id).presences.shown([caller.subject])
        return api.GetPresenceResponse(shown=caller.subject in shown)

    async def SetPresence(
        self, request: api.SetPresenceRequest, context: Context
    ) -> api.SetPresenceResponse:
        caller = auth.current()
        kept = self._networks.of(caller.network_id).presences
        await kept.choose(caller.subject, request.shown, self._clock.now())
        return api.SetPresenceResponse(shown=request.shown)
