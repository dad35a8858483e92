"""A receipt: what a service says, signed, when it holds nothing of a member any more.

It names the erasure and not the member, so it can be kept for ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one kind there were: gone, or kept without her because of others."""

    removed: int = 0
    anonymised: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """`counts` is by kind, which is the name of a collection."""

    network_id: UUID
    erasure_id: UUID
    service: str
    counts: Mapping[str, Count]
    erased_at: datetime
    signature: bytes = b""

    @property
    def canonical(self) -> bytes:
        """What is signed: JSON with sorted keys, no blanks, times in ms since 1970."""
        fields = {
            "network_id": str(self.network_id), "erasure_id": str(self.erasure_id),
            "service": self.service, "erased_at": epoch_millis(self.erased_at),
            "kinds": {
                kind: [count.removed, count.anonymised] for kind, count in self.counts.items()
            },
        }  # fmt: skip
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    def signed(self, key: Ed25519PrivateKey) -> Receipt:
        """The receipt with its signature (RFC 8032); the same content gives the same one."""
        return replace(self, signature=key.sign(self.canonical))

    def is_of(self, keys: Mapping[str, Ed25519PublicKey]) -> bool:
        """Whether the service it names has signed it."""
        key = keys.get(self.service)
        if key is None:
            return False
        try:
            key.verify(self.signature, self.canonical)
        except InvalidSignature:
            return False
        return True
