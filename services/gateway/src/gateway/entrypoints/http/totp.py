"""A second factor of the caller's own: codes of an authenticator app."""

from __future__ import annotations

from kith.identity.v1 import totp_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, Time, time_if_set
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Password

TAGS = ["second factor"]


class CreateTotp(Input):
    """The caller's password, again."""

    password: Password


class TotpSecret(Output):
    """For the app: the secret to type, or the URI as a QR code. Shown once."""

    secret: str
    uri: str


class ConfirmTotp(Input):
    """A first code of the app."""

    code: str


class RecoveryCodes(Output):
    """Ways in without the app, each for one sign-in. Shown once."""

    recovery_codes: list[str]


class Totp(Output):
    """Whether sign-in needs a code, and how many recovery codes are left."""

    active: bool
    recovery_code_count: int
    confirm_time: Time | UnsetType = UNSET


class DeleteTotp(Input):
    """The caller's password, and a code of the app or a recovery code."""

    password: Password
    code: str = ""


@post(
    "/v1/accounts/me/totp", dto=Json[CreateTotp],
    summary="A secret for an authenticator app", tags=TAGS,
)  # fmt: skip
async def create_totp(request: KithRequest, data: JSONBody[CreateTotp]) -> TotpSecret:
    reply = await request.ask(
        request.services.totp.CreateTotp, api.CreateTotpRequest(password=data.password)
    )
    return TotpSecret(secret=reply.secret, uri=reply.uri)


@post(
    "/v1/accounts/me/totp/confirmation", dto=Json[ConfirmTotp],
    summary="From now on sign-in needs a code", tags=TAGS,
)  # fmt: skip
async def confirm_totp(request: KithRequest, data: JSONBody[ConfirmTotp]) -> RecoveryCodes:
    reply = await request.ask(
        request.services.totp.ConfirmTotp, api.ConfirmTotpRequest(code=data.code)
    )
    return RecoveryCodes(recovery_codes=list(reply.recovery_codes))


@get("/v1/accounts/me/totp", summary="Whether sign-in needs a code", tags=TAGS)
async def get_totp(request: KithRequest) -> Totp:
    reply = await request.ask(request.services.totp.GetTotp, api.GetTotpRequest())
    return Totp(
        active=reply.active, recovery_code_count=reply.recovery_code_count,
        confirm_time=time_if_set(reply, "confirm_time"),
    )  # fmt: skip


@post(
    "/v1/accounts/me/totp/removal", dto=Json[DeleteTotp], status_code=204,
    summary="From now on sign-in needs the password alone", tags=TAGS,
)  # fmt: skip
async def delete_totp(request: KithRequest, data: JSONBody[DeleteTotp]) -> None:
    await request.ask(
        request.services.totp.DeleteTotp,
        api.DeleteTotpRequest(password=data.password, code=data.code),
    )
