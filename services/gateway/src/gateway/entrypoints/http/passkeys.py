"""Passkeys: a way in without password and code, kept by a device (WebAuthn)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from common.errors import Invalid
from kith.identity.v1 import passkey_service_pb2 as api
from litestar import delete, get, post, put
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, PathId, Time, time, time_if_set
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.sessions import DeviceLabel, Session, session_of
from gateway.entrypoints.http.shapes import Password, told

Label = Annotated[str, Meta(description="What she calls it."), told(maxLength=100)]
Credential = Annotated[
    dict[str, Any], Meta(description="`PublicKeyCredential.toJSON()`, as the browser gives it.")
]
TAGS = ["passkeys"]


class BeginPasskey(Input):
    """The caller's password, again."""

    password: Password


class PasskeyOptions(Output):
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`, or `parseRequestOptionsFromJSON`.

    Good for five minutes and one answer.
    """

    options: dict[str, Any]


class CreatePasskey(Input):
    """What the device answered, and what to call it."""

    credential: Credential
    label: Label = ""


class RenamePasskey(Input):
    """Another label."""

    label: Label


class Passkey(Output):
    """A key that a device keeps; without `useTime` it was not used to sign in yet."""

    id: str
    label: str
    create_time: Time
    use_time: Time | UnsetType = UNSET


class Passkeys(Output):
    """Oldest first."""

    passkeys: list[Passkey]


class CreatePasskeySession(Input):
    """What the device answered."""

    credential: Credential
    device_label: DeviceLabel = ""


def passkey_of(passkey: api.Passkey) -> Passkey:
    return Passkey(
        id=passkey.id, label=passkey.label, create_time=time(passkey.create_time),
        use_time=time_if_set(passkey, "use_time"),
    )  # fmt: skip


def _transports(credential: dict[str, Any]) -> list[str]:
    """Of the answer, how the device can be reached. Raises Invalid for what is no list of words."""
    try:
        sent = credential.get("response", {}).get("transports", [])
        return msgspec.convert(sent, list[str])
    except (msgspec.ValidationError, AttributeError):
        raise Invalid("transports must be a list of words", field="credential") from None


@post(
    "/v1/accounts/me/passkeys/options", dto=Json[BeginPasskey],
    summary="Options to create a passkey with", tags=TAGS,
)  # fmt: skip
async def begin_passkey(request: KithRequest, data: JSONBody[BeginPasskey]) -> PasskeyOptions:
    reply = await request.ask(
        request.services.passkeys.BeginPasskey, api.BeginPasskeyRequest(password=data.password)
    )
    return PasskeyOptions(options=msgspec.json.decode(reply.options))


@post(
    "/v1/accounts/me/passkeys", dto=Json[CreatePasskey], summary="Keep a passkey", tags=TAGS,
)  # fmt: skip
async def create_passkey(request: KithRequest, data: JSONBody[CreatePasskey]) -> Passkey:
    reply = await request.ask(
        request.services.passkeys.CreatePasskey,
        api.CreatePasskeyRequest(
            credential=msgspec.json.encode(data.credential).decode(),
            transports=_transports(data.credential), label=data.label,
        ),
    )  # fmt: skip
    return passkey_of(reply.passkey)


@get("/v1/accounts/me/passkeys", summary="The caller's passkeys", tags=TAGS)
async def list_passkeys(request: KithRequest) -> Passkeys:
    reply = await request.ask(request.services.passkeys.ListPasskeys, api.ListPasskeysRequest())
    return Passkeys(passkeys=[passkey_of(one) for one in reply.passkeys])


@put(
    "/v1/accounts/me/passkeys/{passkey_id:str}", dto=Json[RenamePasskey],
    summary="Call a passkey something else", tags=TAGS,
)  # fmt: skip
async def rename_passkey(
    request: KithRequest, passkey_id: PathId, data: JSONBody[RenamePasskey]
) -> Passkey:
    reply = await request.ask(
        request.services.passkeys.RenamePasskey,
        api.RenamePasskeyRequest(passkey_id=passkey_id, label=data.label),
    )
    return passkey_of(reply.passkey)


@delete(
    "/v1/accounts/me/passkeys/{passkey_id:str}", summary="Let a passkey open nothing", tags=TAGS
)
async def delete_passkey(request: KithRequest, passkey_id: PathId) -> None:
    await request.ask(
        request.services.passkeys.DeletePasskey, api.DeletePasskeyRequest(passkey_id=passkey_id)
    )


@post("/v1/sessions/passkey/options", summary="Options to sign in with a passkey", tags=TAGS)
async def begin_passkey_session(request: KithRequest) -> PasskeyOptions:
    reply = await request.ask(
        request.services.passkeys.BeginPasskeySession, api.BeginPasskeySessionRequest()
    )
    return PasskeyOptions(options=msgspec.json.decode(reply.options))


@post(
    "/v1/sessions/passkey", dto=Json[CreatePasskeySession], summary="Sign in with a passkey",
    tags=TAGS,
)  # fmt: skip
async def create_passkey_session(
    request: KithRequest, data: JSONBody[CreatePasskeySession]
) -> Session:
    reply = await request.ask(
        request.services.passkeys.CreatePasskeySession,
        api.CreatePasskeySessionRequest(
            credential=msgspec.json.encode(data.credential).decode(),
            device_label=data.device_label,
        ),
        address=request.client_address,
    )  # fmt: skip
    return session_of(reply.session)
