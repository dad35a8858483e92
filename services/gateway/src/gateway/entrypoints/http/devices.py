"""Staying signed in on a device, and signing out."""

from __future__ import annotations

from kith.identity.v1 import device_service_pb2 as api
from kith.identity.v1 import identity_pb2 as pb
from litestar import delete, get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Output,
    PathId,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.sessions import Session, session_of

TAGS = ["sessions"]


class RefreshSession(Input):
    """The refresh token this device was given last; it works once.

    Send the same `requestId` again when an answer was lost: for a minute it brings the same token.
    """

    refresh_token: str
    request_id: RequestId = field(default_factory=fresh_id)


class Device(Output):
    """A device the caller is signed in on; `current` is the one that asks."""

    session_id: str
    label: str
    create_time: Time
    use_time: Time
    expire_time: Time
    current: bool


class Devices(Output):
    """The one last used first."""

    devices: list[Device]


def device_of(device: pb.Device) -> Device:
    return Device(
        session_id=device.session_id, label=device.label, create_time=time(device.create_time),
        use_time=time(device.use_time), expire_time=time(device.expire_time),
        current=device.current,
    )  # fmt: skip


@post(
    "/v1/sessions/refresh", dto=Json[RefreshSession], summary="New tokens for a refresh token",
    tags=TAGS,
)  # fmt: skip
async def refresh_session(request: KithRequest, data: JSONBody[RefreshSession]) -> Session:
    reply = await request.ask(
        request.services.devices.RefreshSession,
        api.RefreshSessionRequest(refresh_token=data.refresh_token, request_id=data.request_id),
    )
    return session_of(reply.session)


@get("/v1/sessions", summary="The devices the caller is signed in on", tags=TAGS)
async def list_sessions(request: KithRequest) -> Devices:
    reply = await request.ask(request.services.devices.ListSessions, api.ListSessionsRequest())
    return Devices(devices=[device_of(one) for one in reply.devices])


@delete("/v1/sessions/{session_id:str}", summary="Sign out on one device", tags=TAGS)
async def delete_session(request: KithRequest, session_id: PathId) -> None:
    await request.ask(
        request.services.devices.DeleteSession, api.DeleteSessionRequest(session_id=session_id)
    )


@delete("/v1/sessions", summary="Sign out everywhere", tags=TAGS)
async def delete_sessions(request: KithRequest) -> None:
    await request.ask(request.services.devices.DeleteSessions, api.DeleteSessionsRequest())


@delete(
    "/v1/accounts/{member_id:str}/sessions", summary="Sign a member out everywhere (network admin)",
    tags=TAGS,
)  # fmt: skip
async def delete_sessions_of(request: KithRequest, member_id: PathId) -> None:
    await request.ask(
        request.services.devices.DeleteSessions, api.DeleteSessionsRequest(member_id=member_id)
    )
