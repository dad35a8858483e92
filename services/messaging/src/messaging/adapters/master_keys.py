"""Master keys in a folder, which may change while the service runs: the key management service of a
laptop, and of whoever mounts a secret.

A file `20260131T093000Z.key` holds 32 random bytes in base64 that wrap from that moment (UTC) on,
until the next one's: so every process knows a key before any wraps with it. A key's id is that name
and a fingerprint of the key, so another key under the same name is not taken for it.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from common import log
from common.clock import Clock
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from messaging.application.key_ports import KeyDamaged, MasterKeyMissing, WrappedKey

logger = log.get(__name__)
NAME_FORMAT = "%Y%m%dT%H%M%SZ"
KEY_BYTES = 32
_NONCE_BYTES = 12
_FINGERPRINT_BYTES = 6


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key, its id and the moment it wraps from."""

    id: str
    since: datetime
    cipher: AESGCM = field(repr=False)

    @classmethod
    def of(cls, content: bytes, since: datetime) -> MasterKey:
        """From its 32 bytes. Raises ValueError for another length."""
        if len(content) != KEY_BYTES:
            raise ValueError(f"must hold {KEY_BYTES} bytes")
        print = _derived(content, "fingerprint")[:_FINGERPRINT_BYTES].hex()
        return cls(f"{since:{NAME_FORMAT}}-{print}", since, AESGCM(_derived(content, "wrap")))


class FolderKeys:
    """Implements key_ports.KeyWrapper."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Read the keys. Raises ValueError."""
        self._folder = folder
        self._clock = clock
        self._keys: Sequence[MasterKey] = read_folder(folder)

    def current(self) -> str:
        """See key_ports.KeyWrapper."""
        return self._current().id

    def known(self) -> Collection[str]:
        """See key_ports.KeyWrapper."""
        return [key.id for key in self._keys]

    async def wrap(self, key: bytes, bound_to: bytes) -> WrappedKey:
        """See key_ports.KeyWrapper."""
        master, nonce = self._current(), secrets.token_bytes(_NONCE_BYTES)
        return WrappedKey(master.id, nonce + master.cipher.encrypt(nonce, key, bound_to))

    async def unwrap(self, wrapped: WrappedKey, bound_to: bytes) -> bytes:
        """See key_ports.KeyWrapper."""
        for master in self._keys:
            if master.id == wrapped.master_id:
                return _unwrapped(master, wrapped.content, bound_to)
        raise MasterKeyMissing("this cannot be read at the moment; try again later")

    async def refresh(self) -> None:
        """See key_ports.KeyWrapper."""
        try:
            self._keys = await asyncio.to_thread(read_folder, self._folder)
        except (OSError, ValueError) as error:
            logger.error("master_keys.unreadable", problem=str(error))

    def _current(self) -> MasterKey:
        """The newest key whose time has come; the first one where none has."""
        now = self._clock.now()
        begun = [key for key in self._keys if key.since <= now]
        return begun[-1] if begun else self._keys[0]


def read_folder(folder: Path) -> list[MasterKey]:
    """The keys of a folder, oldest first. Raises ValueError naming the file that is wrong."""
    if not folder.is_dir():
        raise ValueError("is no folder")
    found = [_read(path) for path in sorted(folder.glob("*.key"))]
    if not found:
        raise ValueError("holds no key named like 20260131T093000Z.key")
    return found


def _read(path: Path) -> MasterKey:
    try:
        since = datetime.strptime(path.stem, NAME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{path.name} must be named like 20260131T093000Z.key") from None
    try:
        return MasterKey.of(base64.b64decode(path.read_bytes().strip(), validate=True), since)
    except ValueError:
        raise ValueError(f"{path.name} must hold {KEY_BYTES} random bytes in base64") from None
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None


def _unwrapped(master: MasterKey, content: bytes, bound_to: bytes) -> bytes:
    nonce, sealed = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
    try:
        return master.cipher.decrypt(nonce, sealed, bound_to)
    except (InvalidTag, ValueError):
        raise KeyDamaged(f"a data key of the master key {master.id} does not open") from None


def _derived(content: bytes, purpose: str) -> bytes:
    """A key for one purpose (HKDF-SHA256, RFC 5869)."""
    info = f"kith messaging master key: {purpose}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(content)
