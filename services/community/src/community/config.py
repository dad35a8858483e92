"""Community's settings; nothing else in the service sees the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.config import Reader, ServiceConfig
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.keys import PRIVATE_SETTING, private_key


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service."""

    service: ServiceConfig
    erasure_key: Ed25519PrivateKey

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader = Reader(environment)
        config = cls(
            service=ServiceConfig.read(reader),
            erasure_key=reader.read(PRIVATE_SETTING, private_key),
        )
        reader.done()
        return config
