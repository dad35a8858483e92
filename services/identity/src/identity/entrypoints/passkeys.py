"""Passkeys over gRPC: every caller's own, and signing in with one."""

from __future__ import annotations

from common import auth
from common.errors import Invalid, Limited
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import passkey_service_pb2 as api
from kith.identity.v1 import passkey_service_pb2_grpc as grpc_api

from identity import telemetry
from identity.application.passkeys import Passkeys, Wanted
from identity.application.throttle import Throttle
from identity.domain.errors import CredentialsInvalid
from identity.domain.passkey import Passkey
from identity.entrypoints import translate
from identity.entrypoints.client_address import client_address

MAX_TRANSPORTS, MAX_TRANSPORT = 10, 32


class PasskeyService(grpc_api.PasskeyServiceServicer):
    """See protos/kith/identity/v1/passkey_service.proto."""

    def __init__(self, passkeys: Passkeys, throttle: Throttle) -> None:
        self._passkeys = passkeys
        self._throttle = throttle

    async def BeginPasskey(
        self, request: api.BeginPasskeyRequest, context: Context
    ) -> api.BeginPasskeyResponse:
        caller = auth.current()
        options = await self._throttle.attempt(
            self._throttle.of_member(caller.network_id, caller.subject),
            lambda: self._passkeys.begin(caller, request.password),
        )
        return api.BeginPasskeyResponse(options=options)

    async def CreatePasskey(
        self, request: api.CreatePasskeyRequest, context: Context
    ) -> api.CreatePasskeyResponse:
        transports = tuple(request.transports)
        if len(transports) > MAX_TRANSPORTS or any(len(one) > MAX_TRANSPORT for one in transports):
            raise Invalid("too many transports, or too long ones", field="transports")
        wanted = Wanted(request.credential, transports, request.label)
        created = await self._passkeys.create(auth.current(), wanted)
        return api.CreatePasskeyResponse(passkey=_told(created))

    async def ListPasskeys(
        self, request: api.ListPasskeysRequest, context: Context
    ) -> api.ListPasskeysResponse:
        found = await self._passkeys.of(auth.current())
        return api.ListPasskeysResponse(passkeys=map(_told, found))

    async def RenamePasskey(
        self, request: api.RenamePasskeyRequest, context: Context
    ) -> api.RenamePasskeyResponse:
        id = parse_id(request.passkey_id, "passkey_id")
        renamed = await self._passkeys.rename(auth.current(), id, request.label)
        return api.RenamePasskeyResponse(passkey=_told(renamed))

    async def DeletePasskey(
        self, request: api.DeletePasskeyRequest, context: Context
    ) -> api.DeletePasskeyResponse:
        await self._passkeys.remove(auth.current(), parse_id(request.passkey_id, "passkey_id"))
        return api.DeletePasskeyResponse()

    async def BeginPasskeySession(
        self, request: api.BeginPasskeySessionRequest, context: Context
    ) -> api.BeginPasskeySessionResponse:
        return api.BeginPasskeySessionResponse(options=self._passkeys.begin_sign_in())

    async def CreatePasskeySession(
        self, request: api.CreatePasskeySessionRequest, context: Context
    ) -> api.CreatePasskeySessionResponse:
        claim = self._passkeys.authenticators.read(request.credential)
        try:
            session = await self._throttle.attempt(
                self._throttle.of_passkey(claim.owner, client_address(context)),
                lambda: self._passkeys.sign_in(request.credential, claim, request.device_label),
            )
        except CredentialsInvalid:
            telemetry.count_sign_in("refused")
            raise
        except Limited:
            telemetry.count_sign_in("limited")
            raise
        telemetry.count_sign_in("accepted")
        return api.CreatePasskeySessionResponse(session=translate.session(session))


def _told(one: Passkey) -> api.Passkey:
    return api.Passkey(
        id=str(one.id), label=one.label, create_time=translate.timestamp(one.created_at),
        use_time=translate.timestamp(one.used_at) if one.used_at else None,
    )  # fmt: skip
