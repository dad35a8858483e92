"""What a person can set for the command line, and the only door to the process environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kith_cli.errors import Stop
from kith_cli.local.ports import LOOPBACK

LOG_LEVELS = ("debug", "info", "warning", "error")
HIGHEST_OFFSET = 92
# In the order of their ports.
BACKENDS = ("identity", "community", "messaging", "programs", "outcomes", "signals")
# On one machine everybody comes from one address, and an import or a measurement is one account:
# far more than the gateway allows by itself (docs/plan.md). A variable of that name wins.
LOCAL_LIMITS: Mapping[str, str] = {
    "KITH_LIMIT_ADDRESS": "10000/20000", "KITH_LIMIT_SIGN_IN": "1000/2000",
    "KITH_LIMIT_READS": "5000/10000", "KITH_LIMIT_WRITES": "5000/10000",
    "KITH_LIMIT_WALKS": "5000/10000", "KITH_LIMIT_CONNECTIONS": "20000/20000",
}  # fmt: skip


def environment() -> dict[str, str]:
    """A copy of the process environment, to read from and to hand on to children."""
    return dict(os.environ)  # noqa: TID251 - the one place that reads it


@dataclass(frozen=True, slots=True)
class Settings:
    """One Kith on this machine: where its data lie and where it listens."""

    home: Path
    port: int = 8080
    log_level: str = "info"
    topic_prefix: str = ""
    database_prefix: str = "kith"
    external_mongodb_uri: str | None = None
    limits: Mapping[str, str] = field(default_factory=lambda: LOCAL_LIMITS)

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Settings:
        """Read KITH_* variables. Raises Stop for a value that cannot be."""
        level = variables.get("KITH_LOG_LEVEL", "info").lower()
        if level not in LOG_LEVELS:
            raise Stop(f"KITH_LOG_LEVEL is {level!r}; choose one of {', '.join(LOG_LEVELS)}.")
        return cls(
            home=Path(variables.get("KITH_HOME") or ".kith").expanduser().absolute(),
            port=_port(variables.get("KITH_PORT") or "8080"),
            log_level=level,
            topic_prefix=variables.get("KITH_TOPIC_PREFIX", ""),
            database_prefix=variables.get("KITH_DATABASE_PREFIX") or "kith",
            external_mongodb_uri=variables.get("KITH_MONGODB_URI") or None,
            limits={name: variables.get(name) or usual for name, usual in LOCAL_LIMITS.items()},
        )

    @property
    def gateway_url(self) -> str:
        return f"http://{self.http('gateway')}"

    @property
    def kafka(self) -> str:
        return f"{LOOPBACK}:{self.kafka_ports[0]}"

    @property
    def kafka_ports(self) -> tuple[int, int]:
        """The broker's port and its controller's."""
        return self.port + 90, self.port + 91

    @property
    def mongodb_port(self) -> int:
        return self.port + 92

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    def http(self, service: str) -> str:
        """Where the service answers HTTP."""
        offset = 0 if service == "gateway" else 20 + BACKENDS.index(service)
        return f"{LOOPBACK}:{self.port + offset}"

    def grpc(self, service: str) -> str:
        """Where the service answers gRPC."""
        offset = 1 if service == "gateway" else 10 + BACKENDS.index(service)
        return f"{LOOPBACK}:{self.port + offset}"


def _port(text: str) -> int:
    highest = 65_535 - HIGHEST_OFFSET
    if not text.isdecimal() or not 1024 <= int(text) <= highest:
        raise Stop(f"KITH_PORT is {text!r}; it must be a number from 1024 to {highest}.")
    return int(text)
