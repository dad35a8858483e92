"""What an admin does to somebody's roles and badges: the next account, and what is told of it.

What is so already changes nothing and tells nothing, so each of these may be done again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from identity.domain.account import Account, Events
from identity.domain.errors import BadgeNeeded
from identity.domain.grant import (
    NO_REASON,
    Badge,
    BadgeKind,
    Grant,
    RoleChange,
    RolesChanged,
    checked_end,
    checked_reason,
    without,
)
from identity.domain.role import Role, grantable


def grant(account: Account, wanted: Grant) -> tuple[Account, Events]:
    """With the role, instead of any grant of it before. Raises Invalid, BadgeNeeded."""
    grantable([wanted.role])
    now = wanted.granted_at
    wanted = replace(wanted, reason=checked_reason(wanted.reason))
    checked_end(wanted.expires_at, now, "expire_time")
    if wanted.role is Role.MENTOR:
        _check_trained(account, now)
    if any(one.same_as(wanted) for one in account.grants) and wanted.role in account.roles:
        return account, ()
    grants = (*without(account.grants, {wanted.role}), wanted)
    changed = replace(
        account, roles=account.roles | {wanted.role}, grants=grants, version=account.version + 1
    )
    return changed, (RolesChanged(now, wanted.granted_by, RoleChange.GRANTED),)


def revoke(account: Account, role: Role, by: UUID, now: datetime) -> tuple[Account, Events]:
    """Without the role. Raises Invalid if it is the only one."""
    if role not in account.roles:
        return account, ()
    roles = grantable(account.roles - {role})
    grants = without(account.grants, {role})
    changed = replace(account, roles=roles, grants=grants, version=account.version + 1)
    return changed, (RolesChanged(now, by, RoleChange.REVOKED),)


def set_roles(
    account: Account, roles: frozenset[Role], by: UUID, reason: str, now: datetime
) -> tuple[Account, Events]:
    """With exactly these roles; of those it has already the grants stay, ended ones begin anew.

    Raises Invalid, BadgeNeeded.
    """
    roles, why = grantable(roles), checked_reason(reason) if reason else NO_REASON
    kept = roles & account.roles - _ended(account, now)
    if roles == kept == account.roles:
        return account, ()
    if Role.MENTOR in roles - kept:
        _check_trained(account, now)
    grants = without(account.grants, set(Role) - kept)
    grants += tuple(Grant(role, by, now, why) for role in sorted(roles - kept))
    changed = replace(account, roles=roles, grants=grants, version=account.version + 1)
    return changed, (RolesChanged(now, by, RoleChange.SET),)


def award(account: Account, badge: Badge) -> tuple[Account, Events]:
    """With the badge, instead of any of its kind before. Raises Invalid."""
    checked_end(badge.valid_until, badge.awarded_at, "valid_until_time")
    if any((one.kind, one.valid_until) == (badge.kind, badge.valid_until)
           for one in account.badges):  # fmt: skip
        return account, ()
    badges = (*(one for one in account.badges if str(one.kind) != str(badge.kind)), badge)
    changed = replace(account, badges=badges, version=account.version + 1)
    return changed, (RolesChanged(badge.awarded_at, badge.awarded_by, RoleChange.BADGE_AWARDED),)


def withdraw(account: Account, kind: BadgeKind, by: UUID, now: datetime) -> tuple[Account, Events]:
    """Without the badge."""
    badges = tuple(one for one in account.badges if str(one.kind) != str(kind))
    if badges == account.badges:
        return account, ()
    changed = replace(account, badges=badges, version=account.version + 1)
    return changed, (RolesChanged(now, by, RoleChange.BADGE_WITHDRAWN),)


def _ended(account: Account, now: datetime) -> frozenset[Role]:
    return frozenset(one.role for one in account.grants if one.expires_at and one.expires_at <= now)


def _check_trained(account: Account, now: datetime) -> None:
    if not any(now < one.valid_until for one in account.badges):
        raise BadgeNeeded("a mentor needs a valid badge of her training first", field="role")
