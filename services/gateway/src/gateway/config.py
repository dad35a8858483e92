"""The gateway's settings; nothing else in the service sees the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.config import Address, Reader, ServiceConfig


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service: the usual ones, and where the services behind the doors are."""

    service: ServiceConfig
    community: Address
    messaging: Address
    programs: Address
    outcomes: Address
    signals: Address

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader = Reader(environment)
        config = cls(
            service=ServiceConfig.read(reader),
            community=reader.address("KITH_COMMUNITY"),
            messaging=reader.address("KITH_MESSAGING"),
            programs=reader.address("KITH_PROGRAMS"),
            outcomes=reader.address("KITH_OUTCOMES"),
            signals=reader.address("KITH_SIGNALS"),
        )
        reader.done()
        return config
