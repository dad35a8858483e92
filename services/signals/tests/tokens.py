"""Access tokens as identity issues them, signed by a key of the test's own."""

from __future__ import annotations

import json
from uuid import UUID

import jwt
from common.auth import ALGORITHM, AUDIENCE, ISSUER
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

FOREVER = 4_000_000_000


class Issuer:
    """Stands in for identity."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    async def jwks(self) -> str:
        """What identity answers to GetJwks."""
        return self.jwks_now()

    def jwks_now(self) -> str:
        public = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return json.dumps({"keys": [{**public, "kid": "one", "use": "sig", "alg": ALGORITHM}]})

    def token(self, subject: UUID, network_id: UUID, *roles: str, expires_at: int = FOREVER) -> str:
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(subject), "net": str(network_id),
            "roles": list(roles or ("member",)), "exp": expires_at,
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": "one"})
