"""A member with an authenticator app, over a real channel, for tests."""

from __future__ import annotations

import base64
from datetime import timedelta

from common.errors import RemoteError
from common.grpc_client import call
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import totp_service_pb2 as totp

from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Door

HALF_A_MINUTE = timedelta(seconds=30)


class Ada:
    """A member with an authenticator app."""

    def __init__(self, door: Door, token: str) -> None:
        self.client, self.clock, self.token = door.client, door.clock, token
        self.secret = ""
        self.recovery: list[str] = []

    def code(self, steps: int = 0) -> str:
        """What her app shows, now or some steps from now."""
        app = TOTP(base64.b32decode(self.secret), 6, SHA1(), 30)  # noqa: S303  # what apps know
        at = self.clock.now() + steps * HALF_A_MINUTE
        return app.generate(int(at.timestamp())).decode()

    async def begin(self, password: str = PASSWORD) -> None:
        request = totp.CreateTotpRequest(password=password)
        reply = await call(self.client.totp.CreateTotp, request, token=self.token)
        assert f"secret={reply.secret}" in reply.uri
        assert "Kith:ada" in reply.uri
        self.secret = reply.secret

    async def confirm(self, code: str = "") -> None:
        request = totp.ConfirmTotpRequest(code=code or self.code())
        reply = await call(self.client.totp.ConfirmTotp, request, token=self.token)
        self.recovery = list(reply.recovery_codes)

    async def state(self) -> totp.GetTotpResponse:
        return await call(self.client.totp.GetTotp, totp.GetTotpRequest(), token=self.token)

    async def end(self, password: str = PASSWORD, code: str = "") -> None:
        request = totp.DeleteTotpRequest(password=password, code=code)
        await call(self.client.totp.DeleteTotp, request, token=self.token)

    async def sign_in(self, code: str = "", password: str = PASSWORD) -> str:
        """The reason she is refused for; empty when she is not."""
        request = api.CreateSessionRequest(
            network="berlin", email="ada@example.org", password=password, second_factor_code=code
        )
        try:
            await call(self.client.sessions.CreateSession, request)
        except RemoteError as error:
            return error.reason
        return ""
