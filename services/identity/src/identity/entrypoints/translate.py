"""Between the words of the contracts and those of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from common.clock import epoch_millis, from_epoch_millis
from common.errors import Invalid
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import identity_pb2 as pb

from identity.application.create_invite import Opened
from identity.application.ports import Session
from identity.domain.account import Account
from identity.domain.consent import Decision
from identity.domain.device import Device
from identity.domain.role import Role
from identity.domain.text import Purpose

_ROLES = {role: pb.Role.Value(f"ROLE_{role.upper()}") for role in Role}
_ROLE_OF = {number: role for role, number in _ROLES.items()}
PURPOSES = {purpose: pb.Purpose.Value(f"PURPOSE_{purpose.upper()}") for purpose in Purpose}
_PURPOSE_OF = {number: purpose for purpose, number in PURPOSES.items()}


def roles_of(numbers: Iterable[pb.Role.ValueType]) -> frozenset[Role]:
    """The roles meant. Raises Invalid for one that is not known."""
    try:
        return frozenset(_ROLE_OF[number] for number in numbers)
    except KeyError:
        raise Invalid("no such role", field="roles") from None


def role_of(number: pb.Role.ValueType) -> Role:
    """The role meant. Raises Invalid for one that is not known."""
    (role,) = roles_of([number])
    return role


def purpose_of(number: pb.Purpose.ValueType) -> Purpose:
    """The purpose meant. Raises Invalid for one that is not known."""
    try:
        return _PURPOSE_OF[number]
    except KeyError:
        raise Invalid("no such purpose", field="purpose") from None


def time_of(stamp: Timestamp, field: str) -> datetime:
    """The time meant, cut to milliseconds. Raises Invalid for one no calendar has."""
    try:
        return from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        raise Invalid(f"{field} is not a time", field=field) from None


def page_size(asked: int, *, default: int, most: int) -> int:
    """The number of items on a page. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default


def invite(opened: Opened) -> pb.Invite:
    """A new invite with its code."""
    terms = opened.invite.terms
    return pb.Invite(
        id=str(opened.invite.id), code=opened.code, roles=role_numbers(terms.roles),
        max_uses=terms.max_uses, expire_time=timestamp(terms.expires_at),
    )  # fmt: skip


def account(item: Account, now: datetime) -> pb.Account:
    """An account as it is told: no e-mail address, and the roles in force."""
    return pb.Account(
        id=str(item.id), network_id=str(item.network_id), handle=item.handle,
        roles=role_numbers(item.held.in_force(now)[0]),
        consents=map(consent, item.consents.values()),
        imported=item.origin is not None, create_time=timestamp(item.created_at),
        pending=item.admission is not None, email_verified=item.email_verified,
    )  # fmt: skip


def consent(decision: Decision) -> pb.Consent:
    """A decision as it is told."""
    return pb.Consent(
        purpose=PURPOSES[decision.purpose], granted=decision.granted,
        text_version=decision.text_version, decide_time=timestamp(decision.decided_at),
        imported=decision.imported, record_id=str(decision.id),
    )  # fmt: skip


def session(item: Session) -> pb.Session:
    """A session with its tokens."""
    return pb.Session(
        access_token=item.access_token, expire_time=timestamp(item.expires_at),
        member_id=str(item.member_id), network_id=str(item.network_id),
        session_id=str(item.session_id), refresh_token=item.refresh_token,
        refresh_expire_time=timestamp(item.refresh_expires_at),
    )  # fmt: skip


def device(item: Device, *, current: bool) -> pb.Device:
    """A device as its owner sees it."""
    return pb.Device(
        session_id=str(item.id), label=item.label, create_time=timestamp(item.created_at),
        use_time=timestamp(item.used_at), expire_time=timestamp(item.expires_at), current=current,
    )  # fmt: skip


def role_numbers(roles: Iterable[Role]) -> list[pb.Role.ValueType]:
    """Roles on the wire."""
    return sorted(_ROLES[role] for role in roles)


def timestamp(at: datetime) -> Timestamp:
    """A time on the wire."""
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
