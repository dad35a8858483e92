"""Joining a network with an invite."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import identity_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.accounts import TAGS, Account, account_of
from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.consents import TextVersion
from gateway.entrypoints.http.fields import Input, RequestId, keyed_id
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Email, Handle, NewPassword, told

AgeConfirmed = Annotated[
    bool, Meta(description="That she is as old as the network's age rule has it.")
]
BirthDate = Annotated[
    str, Meta(description="Where the age rule asks for it; looked at and not kept."),
    told(format="date"),
]  # fmt: skip


class Register(Input):
    """Who wants to join, the invite that lets her, and the version of the text of `service` she
    accepted (see /v1/consent-texts)."""

    invite_code: str
    handle: Handle
    email: Email
    password: NewPassword
    request_id: RequestId | UnsetType = UNSET
    age_confirmed: AgeConfirmed = False
    birth_date: BirthDate | UnsetType = UNSET
    service_text_version: TextVersion = 0


@post(
    "/v1/registrations", dto=Json[Register], summary="Join a network with an invite", tags=TAGS,
)  # fmt: skip
async def register(request: KithRequest, data: JSONBody[Register]) -> Account:
    reply = await request.ask(
        request.services.accounts.Register,
        api.RegisterRequest(
            invite_code=data.invite_code, handle=data.handle, email=data.email,
            password=data.password, request_id=data.request_id or keyed_id.get(""),
            age_confirmed=data.age_confirmed, birth_date=data.birth_date or "",
            service_text_version=data.service_text_version,
        ),
        address=request.client_address,
    )  # fmt: skip
    return account_of(reply.account)
