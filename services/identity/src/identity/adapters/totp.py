"""Codes of authenticator apps (TOTP, RFC 6238: SHA-1, 30 seconds, 6 digits, as all apps know it),
and their secrets, sealed so that a stolen database is no second factor."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from identity.adapters.master_key import KeyedDigest, MasterKey

STEP_SECONDS, DIGITS = 30, 6
SECRET_BYTES = 20  # as long as the hash (RFC 4226 §4, R6)
RECOVERY_BYTES = 10
_NONCE_BYTES = 12
_NEIGHBOURS = (0, -1, 1)  # clocks differ, and typing takes time (RFC 6238 §5.2)
ISSUER = "Kith"


class TotpFactors:
    """Implements ports.Factors."""

    def __init__(self, key: MasterKey) -> None:
        self._cipher = AESGCM(key.derive("totp"))
        self._digest = KeyedDigest(key.derive("recovery"))

    def new_secret(self, owner: UUID, name: str) -> tuple[str, str, bytes]:
        """See ports.Factors."""
        secret, nonce = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, secret, owner.bytes)
        totp = TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # what apps know
        return _base32(secret), totp.get_provisioning_uri(name, ISSUER), sealed

    def step_of(self, owner: UUID, sealed: bytes, code: str, now: datetime) -> int | None:
        """See ports.Factors."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        secret = self._cipher.decrypt(nonce, content, owner.bytes)
        hotp = HOTP(secret, DIGITS, SHA1())  # noqa: S303  # what apps know
        current = int(now.timestamp()) // STEP_SECONDS
        for step in (max(0, current + offset) for offset in _NEIGHBOURS):
            if bytes_eq(hotp.generate(step), code.encode()):
                return step
        return None

    def new_recovery_code(self) -> str:
        """See ports.Factors."""
        text = _base32(secrets.token_bytes(RECOVERY_BYTES)).lower()
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))

    def hash_recovery(self, owner: UUID, code: str) -> bytes:
        """See ports.Factors."""
        return self._digest(str(owner), code)


def _base32(content: bytes) -> str:
    return base64.b32encode(content).decode()
