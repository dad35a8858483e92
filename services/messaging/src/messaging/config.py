"""Messaging's settings; nothing else in the service sees the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.config import Reader, ServiceConfig
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.keys import PRIVATE_SETTING, private_key

from messaging.adapters.master_keys import read_folder


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service."""

    service: ServiceConfig
    erasure_key: Ed25519PrivateKey
    message_keys: Path

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader = Reader(environment)
        config = cls(
            service=ServiceConfig.read(reader),
            erasure_key=reader.read(PRIVATE_SETTING, private_key),
            message_keys=reader.read("KITH_MESSAGE_KEYS", _folder),
        )
        reader.done()
        return config


def _folder(path: str) -> Path:
    read_folder(Path(path))
    return Path(path)
