"""Staying signed in and signing out over gRPC."""

from __future__ import annotations

from common import auth
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import device_service_pb2 as api
from kith.identity.v1 import device_service_pb2_grpc as grpc_api

from identity import telemetry
from identity.application import queries
from identity.application.end_sessions import sign_out, sign_out_everywhere
from identity.application.refresh_session import refresh_session
from identity.domain.errors import RefreshTokenReused, SessionEnded
from identity.entrypoints import translate
from identity.entrypoints.ports import Ports


class DeviceService(grpc_api.DeviceServiceServicer):
    """See protos/kith/identity/v1/device_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def RefreshSession(
        self, request: api.RefreshSessionRequest, context: Context
    ) -> api.RefreshSessionResponse:
        ports = self._ports
        try:
            session = await refresh_session(
                ports.directory, ports.tokens, ports.clock, request.refresh_token,
                request.request_id,
            )  # fmt: skip
        except SessionEnded as error:
            reused = isinstance(error, RefreshTokenReused)
            telemetry.count_refresh("reused" if reused else "refused")
            raise
        telemetry.count_refresh("accepted")
        return api.RefreshSessionResponse(session=translate.session(session))

    async def ListSessions(
        self, request: api.ListSessionsRequest, context: Context
    ) -> api.ListSessionsResponse:
        caller = auth.current()
        found = await queries.own_devices(self._ports.directory, caller, self._ports.clock.now())
        return api.ListSessionsResponse(
            devices=[translate.device(one, current=one.id == caller.session_id) for one in found]
        )

    async def DeleteSession(
        self, request: api.DeleteSessionRequest, context: Context
    ) -> api.DeleteSessionResponse:
        caller = auth.current()
        devices = self._ports.directory.devices(caller.network_id)
        await sign_out(devices, caller, parse_id(request.session_id, "session_id"))
        return api.DeleteSessionResponse()

    async def DeleteSessions(
        self, request: api.DeleteSessionsRequest, context: Context
    ) -> api.DeleteSessionsResponse:
        access = auth.access()
        caller = access.caller
        whose = parse_id(request.member_id, "member_id") if request.member_id else caller.subject
        await sign_out_everywhere(self._ports.directory, self._ports.clock, access, whose)
        return api.DeleteSessionsResponse()
