"""Signing in."""

from __future__ import annotations

from kith.identity.v1 import identity_service_pb2 as api
from litestar import post
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output, Time, time
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Email, Password, Slug


class CreateSession(Input):
    """Credentials."""

    network: Slug
    email: Email
    password: Password


class Session(Output):
    """The proof of a sign-in: send the token as `Authorization: Bearer …`."""

    access_token: str
    expire_time: Time
    member_id: str
    network_id: str


@post("/v1/sessions", dto=Json[CreateSession], summary="Sign in", tags=["accounts"])
async def create_session(request: KithRequest, data: JSONBody[CreateSession]) -> Session:
    reply = await request.ask(
        request.services.sessions.CreateSession,
        api.CreateSessionRequest(network=data.network, email=data.email, password=data.password),
    )
    session = reply.session
    return Session(
        access_token=session.access_token, expire_time=time(session.expire_time),
        member_id=session.member_id, network_id=session.network_id,
    )  # fmt: skip
