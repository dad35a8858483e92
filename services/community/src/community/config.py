"""Community's settings; nothing else in the service sees the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.config import Reader, ServiceConfig


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service."""

    service: ServiceConfig

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader = Reader(environment)
        config = cls(service=ServiceConfig.read(reader))
        reader.done()
        return config
