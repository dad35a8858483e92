"""The keys that sign access tokens: a folder that may change while the service runs.

A file `20260131T093000Z.pem` holds the key that signs from that moment (UTC) on, until the next
one's. All keys of the folder are published, so whoever verifies knows a key before it signs, and
still knows it while tokens it signed live: a key may be removed once its successor has signed for
longer than that. Names carry the times because a mounted secret's files all have the same age.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from common import log
from common.auth import ALGORITHM
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

logger = log.get(__name__)
NAME_FORMAT = "%Y%m%dT%H%M%SZ"
RELOAD_SECONDS = 30.0
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, the moment it signs from, and how it is published (RFC 8037)."""

    private: Ed25519PrivateKey = field(repr=False)
    since: datetime
    kid: str
    jwk: Mapping[str, str]

    @classmethod
    def of(cls, private: Ed25519PrivateKey, since: datetime = ALWAYS) -> SigningKey:
        """Name a key by its thumbprint (RFC 7638)."""
        public = {
            "crv": "Ed25519",
            "kty": "OKP",
            "x": _base64url(private.public_key().public_bytes_raw()),
        }
        kid = _base64url(hashlib.sha256(_canonical(public)).digest())
        return cls(private, since, kid, {**public, "alg": ALGORITHM, "kid": kid, "use": "sig"})


class KeyRing:
    """The keys of now; `load` reads them anew and raises ValueError when it cannot."""

    def __init__(self, load: Callable[[], Sequence[SigningKey]]) -> None:
        """Read the keys. Raises ValueError."""
        self._load = load
        self._take(load())

    @classmethod
    def of(cls, *keys: Ed25519PrivateKey) -> KeyRing:
        """A ring that stays as it is; the first key signs."""
        fixed = [SigningKey.of(key) for key in keys]
        return cls(lambda: fixed)

    @property
    def jwks(self) -> str:
        """All public keys as JSON (RFC 7517)."""
        return self._jwks

    def signing(self, now: datetime) -> SigningKey:
        """The newest key whose time has come; the next one where none has."""
        begun = [key for key in self._keys if key.since <= now]
        return begun[-1] if begun else self._keys[0]

    def reload(self) -> None:
        """Read the keys again; what cannot be read leaves them as they were."""
        try:
            self._take(self._load())
        except ValueError as error:
            logger.error("signing_keys.unreadable", problem=str(error))

    async def watch(self) -> None:
        """Read the keys again and again, beside the event loop."""
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            await asyncio.to_thread(self.reload)

    def _take(self, keys: Sequence[SigningKey]) -> None:
        if not keys:
            raise ValueError("holds no key")
        ordered = sorted(keys, key=lambda key: key.since)
        self._jwks = json.dumps({"keys": [dict(key.jwk) for key in ordered]})
        self._keys = ordered


def read_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key of a PEM file. Raises ValueError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"cannot be read as a private key: {type(error).__name__}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must hold an Ed25519 key")
    return key


def read_folder(folder: Path) -> list[SigningKey]:
    """The keys of a folder. Raises ValueError naming the file that is wrong."""
    if not folder.is_dir():
        raise ValueError("is no folder")
    return [_read(path) for path in sorted(folder.glob("*.pem"))]


def _read(path: Path) -> SigningKey:
    try:
        since = datetime.strptime(path.stem, NAME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{path.name} must be named like 20260131T093000Z.pem") from None
    try:
        return SigningKey.of(read_key(path), since)
    except ValueError as error:
        raise ValueError(f"{path.name} {error}") from None


def _canonical(members: dict[str, str]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
