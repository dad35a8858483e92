"""A forgotten password and whose an address is, on the wire."""

from __future__ import annotations

from common import auth
from common.grpc_server import Context
from kith.identity.v1 import recovery_service_pb2 as api
from kith.identity.v1 import recovery_service_pb2_grpc as grpc_api

from identity.application import recover
from identity.entrypoints.client_address import client_address
from identity.entrypoints.ports import Ports


class RecoveryService(grpc_api.RecoveryServiceServicer):
    """See protos/kith/identity/v1/recovery_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def RequestPasswordReset(
        self, request: api.RequestPasswordResetRequest, context: Context
    ) -> api.RequestPasswordResetResponse:
        ports = self._ports
        await ports.throttle.spend(
            ports.throttle.of_reset(request.network, request.email, client_address(context))
        )
        await recover.request_reset(ports.directory, ports.outgoing, request.network, request.email)
        return api.RequestPasswordResetResponse()

    async def ResetPassword(
        self, request: api.ResetPasswordRequest, context: Context
    ) -> api.ResetPasswordResponse:
        ports = self._ports
        recovery = recover.Recovery(
            ports.directory, ports.passwords, ports.outgoing, ports.clock, self._spend
        )
        await recovery.reset(recover.Reset(request.token, request.password, request.keep_passkeys))
        return api.ResetPasswordResponse()

    async def _spend(self, link: bytes) -> None:
        throttle = self._ports.throttle
        await throttle.spend(throttle.of_used_link(link))

    async def RequestEmailVerification(
        self, request: api.RequestEmailVerificationRequest, context: Context
    ) -> api.RequestEmailVerificationResponse:
        caller = auth.current()
        accounts = self._ports.directory.accounts(caller.network_id)
        await recover.request_verification(accounts, self._ports.outgoing, caller)
        return api.RequestEmailVerificationResponse()

    async def ChangeEmail(
        self, request: api.ChangeEmailRequest, context: Context
    ) -> api.ChangeEmailResponse:
        ports, caller = self._ports, auth.current()
        await ports.throttle.spend(ports.throttle.of_mails(caller.network_id, caller.subject))
        counters = ports.throttle.of_member(caller.network_id, caller.subject)
        await ports.throttle.attempt(
            counters,
            lambda: recover.change_email(
                ports.directory.accounts(caller.network_id), ports.passwords, ports.outgoing,
                caller, request.email, request.password,
            ),
        )  # fmt: skip
        return api.ChangeEmailResponse()

    async def VerifyEmail(
        self, request: api.VerifyEmailRequest, context: Context
    ) -> api.VerifyEmailResponse:
        ports = self._ports
        await recover.verify_email(ports.directory, ports.outgoing, ports.clock, request.token)
        return api.VerifyEmailResponse()
