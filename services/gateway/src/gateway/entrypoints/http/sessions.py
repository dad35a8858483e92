"""Signing in."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, Time, time
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Email, Password, Slug, told

DeviceLabel = Annotated[
    str, Meta(description="How the device shows in the list of devices."), told(maxLength=100)
]

SecondFactorCode = Annotated[
    str, Meta(description="Of the app, or a recovery code; after SECOND_FACTOR_NEEDED.")
]


class CreateSession(Input):
    """Credentials."""

    network: Slug
    email: Email
    password: Password
    device_label: DeviceLabel = ""
    second_factor_code: SecondFactorCode = ""


class Session(Output):
    """The proof of a sign-in: send the access token as `Authorization: Bearer …`.

    The refresh token buys new tokens, once; keep it where nobody else reads it.
    """

    access_token: str
    expire_time: Time
    member_id: str
    network_id: str
    session_id: str
    refresh_token: str
    refresh_expire_time: Time


def session_of(session: pb.Session) -> Session:
    return Session(
        access_token=session.access_token, expire_time=time(session.expire_time),
        member_id=session.member_id, network_id=session.network_id,
        session_id=session.session_id, refresh_token=session.refresh_token,
        refresh_expire_time=time(session.refresh_expire_time),
    )  # fmt: skip


@post("/v1/sessions", dto=Json[CreateSession], summary="Sign in", tags=["sessions"])
async def create_session(request: KithRequest, data: JSONBody[CreateSession]) -> Session:
    reply = await request.ask(
        request.services.sessions.CreateSession,
        api.CreateSessionRequest(
            network=data.network, email=data.email, password=data.password,
            device_label=data.device_label, second_factor_code=data.second_factor_code,
        ),
        address=request.client_address,
    )  # fmt: skip
    return session_of(reply.session)
