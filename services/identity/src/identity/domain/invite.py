"""An invite and its seats: never more accounts than `max_uses`, and no seat lost to a crash.

There is no transaction over invite and account, so joining is two writes: the invite reserves a
seat for the future account's id, then the account is created. A reservation grows stale soon
after; then it is settled: if the account is there the seat is used, if not it is free again, and
whoever settles has made sure that the account cannot appear any more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid

from identity.domain.errors import InviteInvalid
from identity.domain.role import Role, grantable

MAX_USES = 10_000
USUAL_LIFE, LONGEST_LIFE = timedelta(days=7), timedelta(days=365)
STALE_AFTER = timedelta(seconds=30)
"""Longer than a registration may take, so that settling rarely meets one that still runs."""
SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invite offers, and until when."""

    roles: frozenset[Role]
    max_uses: int
    expires_at: datetime

    def check(self, now: datetime) -> None:
        """Raise Invalid unless these terms may be offered."""
        grantable(self.roles)
        if not 1 <= self.max_uses <= MAX_USES:
            raise Invalid(f"max_uses must be 1 to {MAX_USES}", field="max_uses")
        if not now < self.expires_at <= now + LONGEST_LIFE:
            raise Invalid(
                "expire_time must be in the future, at most a year away", field="expire_time"
            )


@dataclass(frozen=True, slots=True)
class Seat:
    """A place kept for an account that is about to be created."""

    account_id: UUID
    reserved_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """A permission for `max_uses` people to join; `used` counts settled seats only."""

    id: UUID
    network_id: UUID
    code_hash: bytes
    terms: Terms
    used: int = 0
    seats: tuple[Seat, ...] = ()
    version: int = 1
    revoked: bool = False

    def check_open(self, now: datetime) -> None:
        """Raise InviteInvalid when it has expired or was ended."""
        if self.revoked or self.terms.expires_at <= now:
            raise InviteInvalid(UNUSABLE)

    def stale(self, now: datetime) -> frozenset[UUID]:
        """Accounts whose seats wait to be settled."""
        limit = now - STALE_AFTER
        return frozenset(seat.account_id for seat in self.seats if seat.reserved_at <= limit)

    def settle(self, stale: Collection[UUID], there: Collection[UUID]) -> Invite:
        """Count the stale seats whose accounts are `there`, and free the others."""
        kept = tuple(seat for seat in self.seats if seat.account_id not in stale)
        used = sum(
            1 for seat in self.seats if seat.account_id in stale and seat.account_id in there
        )
        return replace(self, used=self.used + used, seats=kept)

    def reserve(self, account_id: UUID, now: datetime) -> Invite:
        """Keep a seat for an account. Raises InviteInvalid when all are used or kept."""
        self.check_open(now)
        if self.used + len(self.seats) >= self.terms.max_uses:
            raise InviteInvalid(UNUSABLE)
        seats = (*self.seats, Seat(account_id, now))
        return replace(self, seats=seats, version=self.version + 1)

    def release(self, account_id: UUID) -> Invite:
        """Give back the seat of an account that was refused."""
        seats = tuple(seat for seat in self.seats if seat.account_id != account_id)
        return replace(self, seats=seats, version=self.version + 1)

    def revoke(self) -> Invite:
        """End it for good; again it changes nothing."""
        return self if self.revoked else replace(self, revoked=True, version=self.version + 1)

    def keeps_seat_for(self, account_id: UUID) -> bool:
        """Whether a seat is reserved for this account."""
        return any(seat.account_id == account_id for seat in self.seats)


UNUSABLE = "this invite cannot be used: unknown, expired or used up"


def make_code(network_id: UUID, secret: bytes) -> str:
    """The code to hand on: which network, and 128 random bits."""
    return base64.urlsafe_b64encode(network_id.bytes + secret).decode().rstrip("=")


def network_of(code: str) -> UUID:
    """The network a code leads to. Raises InviteInvalid when it is no code at all."""
    try:
        content = base64.b64decode(code + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != 16 + SECRET_BYTES:
        raise InviteInvalid(UNUSABLE)
    return UUID(bytes=content[:16])


def hash_code(code: str) -> bytes:
    """What is stored of a code; 128 random bits need no slow hash."""
    return hashlib.sha256(code.encode()).digest()
