"""What a member does with passkeys over a real channel, for tests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from common.errors import RemoteError
from common.grpc_client import call
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import passkey_service_pb2 as api

from services.identity.tests.authenticator import Json
from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Client


class Member:
    """Somebody with a token, and what she does with passkeys."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    async def begin(self, password: str = PASSWORD) -> str:
        request = api.BeginPasskeyRequest(password=password)
        return (await call(self.client.passkeys.BeginPasskey, request, token=self.token)).options

    async def keep(self, answer: Json, label: str = "Phone") -> api.Passkey:
        request = api.CreatePasskeyRequest(
            credential=json.dumps(answer), transports=["internal"], label=label
        )
        return (await call(self.client.passkeys.CreatePasskey, request, token=self.token)).passkey

    async def all(self) -> list[api.Passkey]:
        reply = await call(
            self.client.passkeys.ListPasskeys, api.ListPasskeysRequest(), token=self.token
        )
        return list(reply.passkeys)

    async def rename(self, id: str, label: str) -> api.Passkey:
        request = api.RenamePasskeyRequest(passkey_id=id, label=label)
        return (await call(self.client.passkeys.RenamePasskey, request, token=self.token)).passkey

    async def remove(self, id: str) -> None:
        request = api.DeletePasskeyRequest(passkey_id=id)
        await call(self.client.passkeys.DeletePasskey, request, token=self.token)


async def ask(client: Client) -> str:
    request = api.BeginPasskeySessionRequest()
    return (await call(client.passkeys.BeginPasskeySession, request)).options


async def enter(client: Client, answer: Json, label: str = "") -> pb.Session:
    request = api.CreatePasskeySessionRequest(credential=json.dumps(answer), device_label=label)
    return (await call(client.passkeys.CreatePasskeySession, request)).session


async def reason(attempt: Any) -> str:
    with pytest.raises(RemoteError) as refused:
        await attempt
    return refused.value.reason
