"""Roles and badges over gRPC."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import blake2b

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import profile_pb2 as pb
from kith.identity.v1 import role_service_pb2 as api
from kith.identity.v1 import role_service_pb2_grpc as grpc_api

from identity.application.change_roles import Change, Roles
from identity.domain import granting
from identity.domain.account import Account, Events
from identity.domain.errors import VersionMismatch
from identity.domain.grant import Badge, BadgeKind, Grant
from identity.entrypoints import translate

_KINDS = {kind: pb.BadgeKind.Value(f"BADGE_KIND_{kind.upper()}") for kind in BadgeKind}
_KIND_OF = {number: kind for kind, number in _KINDS.items()}


class RoleService(grpc_api.RoleServiceServicer):
    """See protos/kith/identity/v1/role_service.proto."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    async def GetRoles(
        self, request: api.GetRolesRequest, context: Context
    ) -> api.GetRolesResponse:
        whose = parse_id(request.member_id, "member_id")
        account = await self._roles.of(auth.access(), whose)
        return api.GetRolesResponse(roles=self._told(account))

    async def GrantRole(
        self, request: api.GrantRoleRequest, context: Context
    ) -> api.GrantRoleResponse:
        role, by = translate.role_of(request.role), auth.current().subject
        ends = None
        if request.HasField("expire_time"):
            ends = translate.time_of(request.expire_time, "expire_time")
        changed = await self._change(
            request.member_id,
            lambda account, now: granting.grant(
                account, Grant(role, by, now, request.reason, ends)
            ),
            request.versions,
        )
        return api.GrantRoleResponse(roles=changed)

    async def RevokeRole(
        self, request: api.RevokeRoleRequest, context: Context
    ) -> api.RevokeRoleResponse:
        role, by = translate.role_of(request.role), auth.current().subject
        changed = await self._change(
            request.member_id,
            lambda account, now: granting.revoke(account, role, by, now),
            request.versions,
        )
        return api.RevokeRoleResponse(roles=changed)

    async def AwardBadge(
        self, request: api.AwardBadgeRequest, context: Context
    ) -> api.AwardBadgeResponse:
        kind, by = _kind_of(request.kind), auth.current().subject
        until = translate.time_of(request.valid_until_time, "valid_until_time")
        changed = await self._change(
            request.member_id,
            lambda account, now: granting.award(account, Badge(kind, by, now, until)),
            request.versions,
        )
        return api.AwardBadgeResponse(roles=changed)

    async def WithdrawBadge(
        self, request: api.WithdrawBadgeRequest, context: Context
    ) -> api.WithdrawBadgeResponse:
        kind, by = _kind_of(request.kind), auth.current().subject
        changed = await self._change(
            request.member_id,
            lambda account, now: granting.withdraw(account, kind, by, now),
            request.versions,
        )
        return api.WithdrawBadgeResponse(roles=changed)

    async def _change(
        self, member_id: str, change: Change, versions: Collection[int]
    ) -> api.MemberRoles:
        whose, network_id = parse_id(member_id, "member_id"), auth.current().network_id
        return self._told(await self._roles.change(network_id, whose, as_seen(change, versions)))

    def _told(self, account: Account) -> api.MemberRoles:
        return member_roles(account, self._roles.clock.now())


def member_roles(account: Account, now: datetime) -> api.MemberRoles:
    """Somebody's roles as they are told. Their version is made of all that is told: it is another
    one as soon as that is, also when a role ends by itself, and stays when she signs in."""
    made = api.MemberRoles(
        member_id=str(account.id), roles=translate.role_numbers(account.held.in_force(now)[0]),
        grants=[_grant(one) for one in sorted(account.grants, key=lambda one: one.role)],
        badges=badges(account, now),
    )  # fmt: skip
    content = made.SerializeToString(deterministic=True)
    made.version = 1 + int.from_bytes(blake2b(content, digest_size=6).digest())
    return made


def as_seen(change: Change, versions: Collection[int]) -> Change:
    """The change, of roles that the caller has seen: with `versions` only of one of these.

    It is compared with what the change is written over; what is so already is not compared, so that
    asking again after a lost answer is no mismatch (RFC 9110 §13.1.1). Raises VersionMismatch.
    """

    def checked(account: Account, now: datetime) -> tuple[Account, Events]:
        changed = change(account, now)
        if changed[0] is account or not versions:
            return changed
        if (version := member_roles(account, now).version) not in versions:
            raise VersionMismatch("her roles have changed; read them again", version=str(version))
        return changed

    return checked


def badges(account: Account, now: datetime) -> list[pb.Badge]:
    """The badges that count now, as they are told."""
    return [
        pb.Badge(kind=_KINDS[one.kind], valid_until_time=translate.timestamp(one.valid_until))
        for one in account.badges
        if now < one.valid_until
    ]


def _grant(one: Grant) -> api.RoleGrant:
    return api.RoleGrant(
        role=translate.role_numbers([one.role])[0], granted_by=str(one.granted_by),
        grant_time=translate.timestamp(one.granted_at), reason=one.reason,
        expire_time=translate.timestamp(one.expires_at) if one.expires_at else None,
    )  # fmt: skip


def _kind_of(number: pb.BadgeKind.ValueType) -> BadgeKind:
    try:
        return _KIND_OF[number]
    except KeyError:
        raise Invalid("no such badge", field="kind") from None
