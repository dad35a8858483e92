"""Identity's settings; nothing else in the service sees the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.config import Reader, Secret, ServiceConfig
from common.errors import Invalid
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from identity.domain import credentials


@dataclass(frozen=True, slots=True)
class Hashing:
    """What one Argon2id hash costs, and how many are made at once.

    The default is OWASP's for one lane: 19 MiB and 2 passes, about 20 ms of one core. Changed
    settings reach a stored hash when its owner signs in the next time.
    """

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service."""

    service: ServiceConfig
    signing_key: Ed25519PrivateKey
    operator_password: Secret
    hashing: Hashing = Hashing()

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader, usual = Reader(environment), Hashing()
        config = cls(
            service=ServiceConfig.read(reader),
            signing_key=reader.read("KITH_SIGNING_KEY_FILE", _private_key),
            operator_password=reader.read("KITH_OPERATOR_PASSWORD", _password),
            hashing=Hashing(
                memory_kib=reader.read("KITH_PASSWORD_MEMORY_KIB", _positive, usual.memory_kib),
                passes=reader.read("KITH_PASSWORD_PASSES", _positive, usual.passes),
                lanes=reader.read("KITH_PASSWORD_LANES", _positive, usual.lanes),
                workers=reader.read("KITH_PASSWORD_WORKERS", _positive, usual.workers),
            ),
        )
        reader.done()
        return config


def _private_key(path: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"cannot be read as a private key: {type(error).__name__}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must hold an Ed25519 key")
    return key


def _password(text: str) -> Secret:
    try:
        return Secret(credentials.new_password(text))
    except Invalid as error:
        raise ValueError(f"is no password: {error.message}") from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)
