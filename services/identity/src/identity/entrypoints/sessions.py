"""Signing in over gRPC, and the keys that verify what it gives."""

from __future__ import annotations

from common.errors import Limited
from common.grpc_server import Context
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import identity_service_pb2_grpc as grpc_api

from identity import telemetry
from identity.application.create_session import Attempt, create_session
from identity.domain.errors import CredentialsInvalid, SecondFactorNeeded
from identity.entrypoints import translate
from identity.entrypoints.client_address import client_address
from identity.entrypoints.ports import Ports


class SessionService(grpc_api.SessionServiceServicer):
    """See protos/kith/identity/v1/identity_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreateSession(
        self, request: api.CreateSessionRequest, context: Context
    ) -> api.CreateSessionResponse:
        ports, address = self._ports, client_address(context)
        attempt = Attempt(
            request.network, request.email, request.password, request.device_label,
            request.second_factor_code,
        )  # fmt: skip
        try:
            session = await ports.throttle.attempt(
                ports.throttle.of_sign_in(request.network, request.email, address),
                lambda: create_session(
                    ports.directory, ports.passwords, ports.tokens, ports.clock, attempt,
                    ports.factors,
                ),
            )  # fmt: skip
        except CredentialsInvalid:
            telemetry.count_sign_in("refused")
            raise
        except Limited:
            telemetry.count_sign_in("limited")
            raise
        except SecondFactorNeeded:
            telemetry.count_sign_in("code_needed")
            raise
        telemetry.count_sign_in("accepted")
        return api.CreateSessionResponse(session=translate.session(session))

    async def GetJwks(self, request: api.GetJwksRequest, context: Context) -> api.GetJwksResponse:
        return api.GetJwksResponse(jwks=self._ports.tokens.jwks())
