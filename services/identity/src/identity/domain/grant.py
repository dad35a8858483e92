"""Roles that were given: by whom, why and until when; and the training a mentor has.

A role in force is one that is held and whose grant, if it has one, has not ended. A mentor without
a valid badge is a member until she has one again: she holds nobody, and stays among her peers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid

from identity.domain.role import Role

MAX_REASON = 300
NO_REASON = "not given"
"""What is kept where roles are set as a whole by a client that tells no reason."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of an account. The reason stays here: it is told to nobody but her and admins."""

    role: Role
    granted_by: UUID
    granted_at: datetime
    reason: str = field(repr=False)
    expires_at: datetime | None = None

    def same_as(self, other: Grant) -> bool:
        """Whether it gives the same for the same reason, whoever gave it and when."""
        return (self.role, self.reason, self.expires_at) == (
            other.role, other.reason, other.expires_at,
        )  # fmt: skip


class BadgeKind(StrEnum):
    """What somebody was trained in."""

    MENTOR_TRAINING = "mentor_training"


@dataclass(frozen=True, slots=True)
class Badge:
    """Somebody was trained, and her training counts until `valid_until`."""

    kind: BadgeKind
    awarded_by: UUID
    awarded_at: datetime
    valid_until: datetime


class RoleChange(StrEnum):
    """What was done to somebody's roles; names an RPC."""

    SET = "set"
    GRANTED = "granted"
    REVOKED = "revoked"
    BADGE_AWARDED = "badge_awarded"
    BADGE_WITHDRAWN = "badge_withdrawn"


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """Somebody with the privilege changed what another may do: for the audit log."""

    at: datetime
    by: UUID
    change: RoleChange


@dataclass(frozen=True, slots=True)
class Held:
    """All roles an account holds, whether or not they are in force."""

    roles: frozenset[Role]
    grants: tuple[Grant, ...] = ()
    badges: tuple[Badge, ...] = ()

    def in_force(self, now: datetime) -> tuple[frozenset[Role], datetime | None]:
        """The roles that count at `now`, and until when they do; None is for good."""
        ends = {one.role: one.expires_at for one in self.grants if one.expires_at}
        held = {role for role in self.roles if role not in ends or now < ends[role]}
        until = [ends[role] for role in held if role in ends]
        if Role.MENTOR in held:
            if trained := [one.valid_until for one in self.badges if now < one.valid_until]:
                until.append(max(trained))
            else:
                held = held - {Role.MENTOR} | {Role.MEMBER}
        return frozenset(held), min(until, default=None)

    def lasting(self, role: Role) -> bool:
        """Whether the role is held without an end."""
        ends = {one.role for one in self.grants if one.expires_at}
        return role in self.roles and role not in ends


def without(grants: Iterable[Grant], roles: Collection[Role]) -> tuple[Grant, ...]:
    """The grants but those of some roles."""
    return tuple(one for one in grants if one.role not in roles)


def checked_reason(text: str) -> str:
    """A reason as it is kept. Raises Invalid."""
    reason = text.strip()
    if not 1 <= len(reason) <= MAX_REASON or "\x00" in reason:
        raise Invalid(f"reason has 1 to {MAX_REASON} characters", field="reason")
    return reason


def checked_end(at: datetime | None, now: datetime, name: str) -> datetime | None:
    """An end as it is kept. Raises Invalid unless it lies ahead."""
    if at is not None and at <= now:
        raise Invalid(f"{name} must lie in the future", field=name)
    return at
