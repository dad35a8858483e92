"""Roles and badges of members: given with a reason, and ending by themselves."""

from __future__ import annotations

from typing import Annotated

from kith.identity.v1 import role_service_pb2 as api
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.accounts import ROLES, GivenRole, RoleName
from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conditions import tagged, versions_of
from gateway.entrypoints.http.fields import (
    Input,
    Output,
    PathId,
    Time,
    TimeSent,
    time,
    time_if_set,
    timestamp,
)
from gateway.entrypoints.http.profiles import BADGES, Badge, BadgeName, badge_of
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Text300

Ahead = Annotated[TimeSent, Meta(description="In the future.")]
TAGS = ["roles"]


class RoleGrant(Output):
    """How somebody came to a role; without `expireTime` it has no end."""

    role: RoleName
    granted_by: str
    grant_time: Time
    reason: str
    expire_time: Time | UnsetType = UNSET


class MemberRoles(Output):
    """The roles in force now, the grants behind them, ended ones too, and the badges that count.

    The version is another one whenever something of this is different.
    """

    member_id: str
    roles: list[RoleName]
    grants: list[RoleGrant]
    badges: list[Badge]
    version: int


class GrantRole(Input):
    """Why, and until when; the reason is told to her and to admins."""

    reason: Text300
    expire_time: Ahead | UnsetType = UNSET


class AwardBadge(Input):
    """Until when it counts."""

    valid_until_time: Ahead


def roles_of(roles: api.MemberRoles) -> MemberRoles:
    return MemberRoles(
        member_id=roles.member_id, roles=[ROLES.text(role) for role in roles.roles],
        grants=[_grant_of(one) for one in roles.grants],
        badges=[badge_of(one) for one in roles.badges], version=roles.version,
    )  # fmt: skip


def _grant_of(one: api.RoleGrant) -> RoleGrant:
    return RoleGrant(
        role=ROLES.text(one.role), granted_by=one.granted_by, grant_time=time(one.grant_time),
        reason=one.reason, expire_time=time_if_set(one, "expire_time"),
    )  # fmt: skip


@get(
    "/v1/accounts/{member_id:str}/roles",
    summary="A member's roles, and why",
    tags=TAGS,
    after_request=tagged,
)
async def get_roles(request: KithRequest, member_id: PathId) -> MemberRoles:
    reply = await request.ask(
        request.services.roles.GetRoles, api.GetRolesRequest(member_id=member_id)
    )
    return roles_of(reply.roles)


@put(
    "/v1/accounts/{member_id:str}/roles/{role:str}", dto=Json[GrantRole],
    summary="Give a role, for a reason", tags=TAGS, after_request=tagged,
)  # fmt: skip
async def grant_role(
    request: KithRequest, member_id: PathId, role: FromPath[GivenRole], data: JSONBody[GrantRole]
) -> MemberRoles:
    ends = None
    if data.expire_time is not UNSET:
        ends = timestamp(data.expire_time, "expire_time")
    reply = await request.ask(
        request.services.roles.GrantRole,
        api.GrantRoleRequest(
            member_id=member_id,
            role=ROLES.number(role),
            reason=data.reason,
            expire_time=ends,
            versions=versions_of(request.headers.get("if-match")),
        ),
    )
    return roles_of(reply.roles)


@delete(
    "/v1/accounts/{member_id:str}/roles/{role:str}", status_code=200, summary="Take a role",
    tags=TAGS, after_request=tagged,
)  # fmt: skip
async def revoke_role(
    request: KithRequest, member_id: PathId, role: FromPath[GivenRole]
) -> MemberRoles:
    reply = await request.ask(
        request.services.roles.RevokeRole,
        api.RevokeRoleRequest(
            member_id=member_id,
            role=ROLES.number(role),
            versions=versions_of(request.headers.get("if-match")),
        ),
    )
    return roles_of(reply.roles)


@put(
    "/v1/accounts/{member_id:str}/badges/{badge:str}", dto=Json[AwardBadge],
    summary="Give a badge", tags=TAGS, after_request=tagged,
)  # fmt: skip
async def award_badge(
    request: KithRequest, member_id: PathId, badge: FromPath[BadgeName], data: JSONBody[AwardBadge]
) -> MemberRoles:
    reply = await request.ask(
        request.services.roles.AwardBadge,
        api.AwardBadgeRequest(
            member_id=member_id, kind=BADGES.number(badge),
            valid_until_time=timestamp(data.valid_until_time, "valid_until_time"),
            versions=versions_of(request.headers.get("if-match")),
        ),
    )  # fmt: skip
    return roles_of(reply.roles)


@delete(
    "/v1/accounts/{member_id:str}/badges/{badge:str}", status_code=200, summary="Take a badge",
    tags=TAGS, after_request=tagged,
)  # fmt: skip
async def withdraw_badge(
    request: KithRequest, member_id: PathId, badge: FromPath[BadgeName]
) -> MemberRoles:
    reply = await request.ask(
        request.services.roles.WithdrawBadge,
        api.WithdrawBadgeRequest(
            member_id=member_id,
            kind=BADGES.number(badge),
            versions=versions_of(request.headers.get("if-match")),
        ),
    )
    return roles_of(reply.roles)
