"""A device that keeps passkeys, in software: real keys, real signatures, attestation "none".

Written from WebAuthn Level 3 (§5.8.1 client data, §6.1 authenticator data, §6.3 operations, §8.7
attestation) and RFC 9053 (COSE keys), and not from the library it is held against.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

RP_ID, ORIGIN = "localhost", "http://localhost:8080"
UP, UV, AT = 0x01, 0x04, 0x40  # user present, user verified, attested credential data
AAGUID = bytes(16)
Json = dict[str, Any]


def b64(content: bytes) -> str:
    """base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """The bytes of it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """What it says about itself may be wrong where a test wants it so."""

    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = UP | UV
    counts: bool = True
    count: int = 0
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    owner: bytes = b""

    def create(self, options: str) -> Json:
        """The answer to options for a new key, which from now on is of their user."""
        asked = json.loads(options)
        assert {"type": "public-key", "alg": -7} in asked["pubKeyCredParams"]
        self.owner = unb64(asked["user"]["id"])
        attested = (
            AAGUID + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose()
        )
        attestation = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": self._data(self.flags | AT) + attested}
        )
        return self._answer(
            clientDataJSON=b64(self._client("webauthn.create", asked)),
            attestationObject=b64(attestation), transports=["internal"],
        )  # fmt: skip

    def sign_in(self, options: str) -> Json:
        """The answer to options to sign in."""
        asked = json.loads(options)
        self.count += self.counts
        data, client = self._data(self.flags), self._client("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=b64(client), authenticatorData=b64(data), signature=b64(signature),
            userHandle=b64(self.owner),
        )  # fmt: skip

    def _answer(self, **response: Any) -> Json:
        id = b64(self.credential_id)
        return {
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "clientExtensionResults": {}, "authenticatorAttachment": "platform",
        }  # fmt: skip

    def _client(self, kind: str, asked: Json) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin}
        return json.dumps({**said, "crossOrigin": False}).encode()

    def _data(self, flags: int) -> bytes:
        of = hashlib.sha256(self.rp_id.encode()).digest()
        return of + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
