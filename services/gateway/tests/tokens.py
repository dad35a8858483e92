"""Access tokens as identity makes them, and as those make them who are not identity."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from uuid import UUID

import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NETWORK = UUID("0198c2a0-0000-7000-8000-000000000001")
ADA = UUID("0198c2a0-0000-7000-8000-00000000000a")
BEN = UUID("0198c2a0-0000-7000-8000-00000000000b")
ALL_DOORS = ("network_admin", "platform_operator", "moderator")  # together they may call everything


class Issuer:
    """Signs tokens with a key of its own."""

    def __init__(self, kid: str = "one") -> None:
        self._key = Ed25519PrivateKey.generate()
        self._kid = kid

    def token(
        self, subject: UUID = ADA, *, network: UUID = NETWORK, seconds: float = 600.0,
        claims: dict[str, Any] | None = None, roles: tuple[str, ...] = ALL_DOORS,
    ) -> str:  # fmt: skip
        """A token of `subject` that lasts `seconds`; another one at each call."""
        payload = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(subject), "net": str(network),
            "roles": list(roles), "exp": time.time() + seconds, "jti": str(new_id()),
        }  # fmt: skip
        return jwt.encode(payload | (claims or {}), self._key, ALGORITHM, {"kid": self._kid})

    def jwks(self) -> str:
        """The public key as identity publishes it."""
        content = self._key.public_key().public_bytes_raw()
        x = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": self._kid, "x": x}]})
