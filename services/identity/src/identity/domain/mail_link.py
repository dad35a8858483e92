"""A link in a mail: works once, for a while, for one account; only its hash is kept there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from identity.domain.errors import LinkInvalid

SECRET_BYTES = 32
_TOKEN_BYTES = 16 + 16 + SECRET_BYTES
UNUSABLE = "this link does not work any more; ask for a new mail"
"""One answer for a link that was used, is too old, was replaced by a newer one or never was."""


class Purpose(StrEnum):
    """What a link is for."""

    RESET = "reset"
    VERIFY = "verify"


LIVES = {Purpose.RESET: timedelta(hours=1), Purpose.VERIFY: timedelta(days=3)}


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What is behind the # of a link: whose account, and 256 random bits."""

    network_id: UUID
    account_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> LinkToken:
        """Read one. Raises LinkInvalid for what was never a token."""
        try:
            content = base64.b64decode(text + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if len(content) != _TOKEN_BYTES:
            raise LinkInvalid(UNUSABLE)
        return cls(UUID(bytes=content[:16]), UUID(bytes=content[16:32]), content[32:])

    def text(self) -> str:
        """As it stands in the link: base64url without padding."""
        content = self.network_id.bytes + self.account_id.bytes + self.secret
        return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Link:
    """What an account keeps of a link; `email` is the address it was sent to."""

    purpose: Purpose
    hash: bytes = field(repr=False)
    email: str = field(repr=False)
    expires_at: datetime

    def opened_by(self, purpose: Purpose, secret: bytes, now: datetime) -> bool:
        """Whether this secret is the link's, and in time."""
        right = hmac.compare_digest(self.hash, hash_secret(secret))
        return right and self.purpose is purpose and now < self.expires_at


def name_of(secret: bytes) -> UUID:
    """What a link is called where it is told that it was used."""
    return UUID(bytes=hash_secret(secret)[:16])


def hash_secret(secret: bytes) -> bytes:
    """What is kept of a secret; 256 random bits need no slow hash."""
    return hashlib.sha256(secret).digest()
