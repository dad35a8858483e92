"""Access tokens: JWTs signed with Ed25519 (RFC 8037), ten minutes long, and the key set that
verifies them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from identity.application.ports import Session
from identity.domain.account import Account
from identity.domain.device import Device

LIFE = timedelta(minutes=10)


class SignedTokens:
    """Implements ports.Tokens with one key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = {
            "crv": "Ed25519",
            "kty": "OKP",
            "x": _base64url(key.public_key().public_bytes_raw()),
        }
        self._kid = _base64url(hashlib.sha256(_canonical(public)).digest())  # RFC 7638
        described = {**public, "alg": ALGORITHM, "kid": self._kid, "use": "sig"}
        self._jwks = json.dumps({"keys": [described]})

    def issue(self, account: Account, device: Device, refresh_token: str, now: datetime) -> Session:
        """See ports.Tokens."""
        issued = int(now.timestamp())
        expires = issued + int(LIFE.total_seconds())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(account.id), "net": str(account.network_id),
            "sid": str(device.id), "roles": sorted(account.roles), "iat": issued, "exp": expires,
            "jti": str(new_id()),
        }  # fmt: skip
        token = jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._kid})
        return Session(
            token, datetime.fromtimestamp(expires, UTC), account.id, account.network_id,
            device.id, refresh_token, device.expires_at,
        )  # fmt: skip

    def jwks(self) -> str:
        """See ports.Tokens."""
        return self._jwks


def _canonical(members: dict[str, str]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
