"""Ways into a network."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType, field

from gateway.entrypoints.http.accounts import ROLES, GivenRole, RoleName
from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Int32, Output, Time, TimeSent, time, timestamp
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import told


class CreateInvite(Input):
    """An invite to create: for one member and seven days when nothing else is said."""

    roles: list[GivenRole] = field(default_factory=list)
    max_uses: Annotated[Int32, told(minimum=0, maximum=10_000)] = 0
    expire_time: TimeSent | UnsetType = UNSET


class Invite(Output):
    """A permission to join; its code is shown only this once."""

    id: str
    code: str
    roles: list[RoleName]
    max_uses: int
    expire_time: Time


def invite_of(invite: pb.Invite) -> Invite:
    return Invite(
        id=invite.id, code=invite.code, roles=[ROLES.text(role) for role in invite.roles],
        max_uses=invite.max_uses, expire_time=time(invite.expire_time),
    )  # fmt: skip


@post("/v1/invites", dto=Json[CreateInvite], summary="Create an invite", tags=["networks"])
async def create_invite(request: KithRequest, data: JSONBody[CreateInvite]) -> Invite:
    until = data.expire_time
    reply = await request.ask(
        request.services.invites.CreateInvite,
        api.CreateInviteRequest(
            roles=[ROLES.number(role) for role in data.roles], max_uses=data.max_uses,
            expire_time=None if until is UNSET else timestamp(until, "expireTime"),
        ),
    )  # fmt: skip
    return invite_of(reply.invite)
