"""A device somebody is signed in on: one family of refresh tokens, of which one works.

Each refresh token works once and is followed by the next (RFC 9700 §4.14.2). Whoever shows one
that was used before holds a copy, or was copied from; nobody can tell which, so the family ends.
A token names its device and carries two secrets: one that all of its family share, so that an old
token is known as such without a list of old ones, and its own. Only their hashes are kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid

from identity.domain.account import Account
from identity.domain.errors import RefreshTokenReused, SessionEnded

SECRET_BYTES = 32
IDLE_LIFE, LONGEST_LIFE = timedelta(days=60), timedelta(days=365)
REPEATABLE = timedelta(minutes=1)
"""How long the answer to a refresh can be had again, by the very same request."""
MAX_DEVICES = 20
MAX_LABEL = MAX_REQUEST_ID = 100
_TOKEN_BYTES = 16 + 16 + 2 * SECRET_BYTES
ENDED = "this device is not signed in any more; sign in again"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a client keeps; opaque to it."""

    network_id: UUID
    device_id: UUID
    family: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> RefreshToken:
        """Read one. Raises SessionEnded for what was never a token: it opens nothing."""
        try:
            content = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError, ValueError):
            content = b""
        if len(content) != _TOKEN_BYTES:
            raise SessionEnded(ENDED)
        return cls(
            UUID(bytes=content[:16]), UUID(bytes=content[16:32]),
            content[32 : 32 + SECRET_BYTES], content[32 + SECRET_BYTES :],
        )  # fmt: skip

    def text(self) -> str:
        """As the client gets it: base64url (RFC 4648 §5), 128 characters."""
        content = self.network_id.bytes + self.device_id.bytes + self.family + self.secret
        return base64.urlsafe_b64encode(content).decode()


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last refresh: what was handed in, by which request, and the salt of what was given."""

    used: bytes = field(repr=False)
    request: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """Signed in while `epoch` is its account's, until it expires or is signed out."""

    id: UUID
    network_id: UUID
    member_id: UUID
    label: str
    epoch: int
    created_at: datetime
    used_at: datetime
    family: bytes = field(repr=False)
    current: bytes = field(repr=False)
    last: Exchange | None = field(default=None, repr=False)
    version: int = 1
    amr: tuple[str, ...] = ()  # how it was signed in (RFC 8176); empty: before that was kept

    @property
    def expires_at(self) -> datetime:
        """When its refresh token stops working if it is not used."""
        return min(self.used_at + IDLE_LIFE, self.created_at + LONGEST_LIFE)

    def signed_in(self, epoch: int, now: datetime) -> bool:
        """Whether it is, given the epoch of its account."""
        return self.epoch == epoch and now < self.expires_at

    def exchange(
        self, token: RefreshToken, request_id: str, salt: bytes, now: datetime
    ) -> tuple[Device, RefreshToken]:
        """The next refresh token for the one handed in, or the same again for the same request.

        `salt` is fresh randomness. Raises SessionEnded for what is not of this family, Invalid,
        RefreshTokenReused: then the device has to be signed out.
        """
        if len(request_id) > MAX_REQUEST_ID:
            raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
        if not hmac.compare_digest(_hash(token.family), self.family) or now >= self.expires_at:
            raise SessionEnded(ENDED)
        used, request = _hash(token.secret), _hash(request_id.encode())
        if hmac.compare_digest(used, self.current):
            following = _next(token, request, salt)
            changed = replace(
                self, current=_hash(following.secret), last=Exchange(used, request, salt, now),
                used_at=max(now, self.used_at), version=self.version + 1,
            )  # fmt: skip
            return changed, following
        if self.last and request_id and self._repeats(self.last, used, request, now):
            return self, _next(token, request, self.last.salt)
        raise RefreshTokenReused(ENDED)

    @staticmethod
    def _repeats(last: Exchange, used: bytes, request: bytes, now: datetime) -> bool:
        same = hmac.compare_digest(used, last.used) and hmac.compare_digest(request, last.request)
        return same and now < last.at + REPEATABLE


def sign_in_on(
    account: Account, id: UUID, label: str, secret: bytes, now: datetime,
    amr: tuple[str, ...] = (),
) -> tuple[Device, RefreshToken]:  # fmt: skip
    """A device the account has just signed in on, and its first refresh token.

    `secret` is 2 × SECRET_BYTES of fresh randomness; `amr` says how. Raises Invalid, see
    `checked_label`.
    """
    network_id = account.network_id
    token = RefreshToken(network_id, id, secret[:SECRET_BYTES], secret[SECRET_BYTES:])
    device = Device(
        id, network_id, account.id, checked_label(label), account.session_epoch, now, now,
        _hash(token.family), _hash(token.secret), amr=amr,
    )  # fmt: skip
    return device, token


def checked_label(text: str) -> str:
    """A device's name as it is kept. Raises Invalid."""
    label = text.strip()
    if len(label) > MAX_LABEL or not label.isprintable():
        raise Invalid(
            f"device_label has at most {MAX_LABEL} printable characters", field="device_label"
        )
    return label


def _next(token: RefreshToken, request: bytes, salt: bytes) -> RefreshToken:
    """Follows from what the client sent and from what only we keep: neither alone tells it."""
    secret = hmac.new(token.secret, salt + request, hashlib.sha256).digest()
    return RefreshToken(token.network_id, token.device_id, token.family, secret)


def _hash(secret: bytes) -> bytes:
    """Enough for what is random: there is nothing to guess (RFC 6819 §5.1.4.1.3)."""
    return hashlib.sha256(secret).digest()
