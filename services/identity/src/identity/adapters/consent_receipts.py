"""Receipts of decisions, signed with the key that identity signs all its receipts with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from identity.adapters.signing_keys import SigningKey
from identity.domain.receipt import Controller, Receipt, canonical

CONTEXT = b"kith consent receipt\n"
"""Goes before what is signed, so that no other thing signed with this key passes for a receipt."""
DEVELOPMENT = Controller(
    name="Kith, in development", contact="whoever runs this machine", email="", phone="",
    address="", jurisdiction="ZZ", policy_url="",
)  # fmt: skip
"""Stands where nobody said who answers for the data: ZZ is no country (ISO 3166-1)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A receipt as it is handed out."""

    content: bytes
    signature: bytes
    key_id: str


class SignedReceipts:
    """Signs receipts; the key is also in each of them, and told to everybody with the texts."""

    def __init__(self, key: Ed25519PrivateKey, controller: Controller) -> None:
        self._key = SigningKey.of(key)
        self._controller = controller

    @property
    def jwk(self) -> Mapping[str, str]:
        """The public key (RFC 7517, RFC 8037)."""
        return self._key.jwk

    def sign(self, receipt: Receipt) -> Signed:
        """The receipt with its signature (RFC 8032); the same content gives the same one."""
        content = canonical(receipt.fields(self._controller, self._key.jwk))
        return Signed(content, self._key.private.sign(CONTEXT + content), self._key.kid)


def is_signed(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether this is a receipt that the key has signed."""
    try:
        key.verify(signature, CONTEXT + content)
    except InvalidSignature:
        return False
    return True


def read_controller(path: str) -> Controller:
    """Who answers for the data, as a JSON file says. Raises ValueError."""
    names = {field.name for field in fields(Controller)}
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        if content.keys() != names or not all(isinstance(one, str) for one in content.values()):
            raise ValueError("wrong fields")
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(
            f"must be a JSON file with the texts {', '.join(sorted(names))}: {type(error).__name__}"
        ) from None
    return Controller(**content)
