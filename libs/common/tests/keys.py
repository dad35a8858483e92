"""An issuer of access tokens for tests: real Ed25519 keys, published as a JWKS."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from common.auth import AUDIENCE, ISSUER
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

SUBJECT, NETWORK = UUID(int=1), UUID(int=2)


class Issuer:
    """Signs tokens and answers with its public keys, counting how often it is asked."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.keys: dict[str, Ed25519PrivateKey] = {}
        self.asked = 0
        self.gate: asyncio.Event | None = None
        self.failure: Exception | None = None
        self.answer: str | None = None
        self.add_key("k1")

    def add_key(self, kid: str) -> None:
        """Publish one more key."""
        self.keys[kid] = Ed25519PrivateKey.generate()

    async def jwks(self) -> str:
        """What the issuer publishes."""
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.answer or self.published()

    def published(self) -> str:
        """The public keys as a JWKS."""
        keys = [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": keys})

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Good claims for a quarter of an hour, but for what is changed (None takes away)."""
        expires = self.clock.now() + timedelta(minutes=15)
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(SUBJECT), "net": str(NETWORK),
            "roles": ["member"], "exp": expires.timestamp(), **changed,
        }  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str = "k1", **changed: Any) -> str:
        """A token signed with a key."""
        headers = {"kid": kid}
        return jwt.encode(self.claims(**changed), self.keys[kid], "EdDSA", headers=headers)
