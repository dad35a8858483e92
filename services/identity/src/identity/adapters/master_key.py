"""Keys for one purpose each, all from the one key identity is given."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BYTES = 32


class MasterKey:
    """32 random bytes that never show themselves."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        """Take the key. Raises ValueError for another length."""
        if len(content) != BYTES:
            raise ValueError(f"must be {BYTES} bytes")
        self._content = content

    def __repr__(self) -> str:
        return "***"

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869)."""
        return HKDF(SHA256(), BYTES, salt=None, info=f"kith identity {purpose}".encode()).derive(
            self._content
        )


class KeyedDigest:
    """Implements ports.Digest: HMAC-SHA256, which nobody can try out without the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, *parts: str) -> bytes:
        """See ports.Digest."""
        framed = b"".join(len(text).to_bytes(4) + text for text in map(str.encode, parts))
        return hmac.digest(self._key, framed, "sha256")
