"""The second factor over gRPC, every caller's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from common import auth
from common.auth import Caller
from common.grpc_server import Context
from kith.identity.v1 import totp_service_pb2 as api
from kith.identity.v1 import totp_service_pb2_grpc as grpc_api

from identity.application import queries, second_factor
from identity.application.ports import Accounts
from identity.application.second_factor import Proof
from identity.entrypoints import translate
from identity.entrypoints.ports import Ports

T = TypeVar("T")


class TotpService(grpc_api.TotpServiceServicer):
    """See protos/kith/identity/v1/totp_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreateTotp(
        self, request: api.CreateTotpRequest, context: Context
    ) -> api.CreateTotpResponse:
        ports, caller = self._ports, auth.current()
        begun = await self._throttled(
            caller,
            lambda: second_factor.begin(
                self._accounts(caller), ports.passwords, ports.factors, caller, request.password
            ),
        )
        return api.CreateTotpResponse(secret=begun.secret, uri=begun.uri)

    async def ConfirmTotp(
        self, request: api.ConfirmTotpRequest, context: Context
    ) -> api.ConfirmTotpResponse:
        ports, caller = self._ports, auth.current()
        codes = await self._throttled(
            caller,
            lambda: second_factor.confirm(
                self._accounts(caller),
                ports.factors,
                ports.outgoing,
                ports.clock,
                caller,
                request.code,
            ),
        )
        return api.ConfirmTotpResponse(recovery_codes=codes)

    async def GetTotp(self, request: api.GetTotpRequest, context: Context) -> api.GetTotpResponse:
        caller = auth.current()
        account = await queries.own_account(self._accounts(caller), caller)
        factor = account.second_factor
        if factor is None or factor.confirmed_at is None:
            return api.GetTotpResponse()
        return api.GetTotpResponse(
            active=True, confirm_time=translate.timestamp(factor.confirmed_at),
            recovery_code_count=len(factor.recovery),
        )  # fmt: skip

    async def DeleteTotp(
        self, request: api.DeleteTotpRequest, context: Context
    ) -> api.DeleteTotpResponse:
        ports, caller = self._ports, auth.current()
        proof = Proof(request.code, ports.clock.now(), request.password)
        await self._throttled(
            caller,
            lambda: second_factor.end(
                self._accounts(caller), ports.passwords, ports.factors, ports.outgoing, caller,
                proof,
            ),
        )  # fmt: skip
        return api.DeleteTotpResponse()

    def _accounts(self, caller: Caller) -> Accounts:
        return self._ports.directory.accounts(caller.network_id)

    async def _throttled(self, caller: Caller, work: Callable[[], Awaitable[T]]) -> T:
        throttle = self._ports.throttle
        return await throttle.attempt(throttle.of_member(caller.network_id, caller.subject), work)
