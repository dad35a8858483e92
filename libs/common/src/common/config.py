"""Settings from the environment, read once, with every mistake reported at once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.service_tokens import Trust, private_key

T = TypeVar("T")
_MISSING: Any = None  # stands in for what could not be read; `done` raises before it is used


class ConfigError(Exception):
    """Some settings are missing or wrong; the message lists all of them."""


class Secret:
    """A text that does not show itself when printed or logged."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `host:port` or `[host]:port`; port 0 lets the system choose. Raises ValueError."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
            raise ValueError("must be host:port")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Reader:
    """Reads settings from a mapping and keeps what was wrong until `done`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def read(self, name: str, convert: Callable[[str], T], default: T | None = None) -> T:
        """The converted setting, or `default`. A problem is noted and shows in `done`."""
        text = self._environment.get(name, "")
        if not text:
            if default is None:
                self._problems.append(f"{name} is not set")
                return cast(T, _MISSING)
            return default
        try:
            return convert(text)
        except ValueError as error:
            self._problems.append(f"{name} {error}")
            return cast(T, _MISSING)

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        return self.read(name, str, default)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        return self.read(name, _integer, default)

    def address(self, name: str, default: Address | None = None) -> Address:
        """A `host:port`."""
        return self.read(name, Address.parse, default)

    def secret(self, name: str) -> Secret:
        """A secret; secrets have no default."""
        return self.read(name, Secret)

    def done(self) -> None:
        """Raise ConfigError if anything read so far was missing or wrong."""
        if self._problems:
            raise ConfigError("settings: " + "; ".join(self._problems))


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The settings every service has; the table is in docs/plan.md."""

    kafka: str
    mongodb_uri: Secret
    database_prefix: str
    topic_prefix: str
    grpc_listen: Address
    http_listen: Address
    identity: Address
    service_key: Ed25519PrivateKey
    service_keys: Trust
    log_level: str
    traces: str
    trace_ratio: float = 1.0
    called: str = ""

    @property
    def instance(self) -> str:
        """What tells this instance of a service from its others, and stays when it starts again: as
        it is `called`, or else its host and where it listens."""
        return self.called or f"{socket.gethostname()} {self.grpc_listen}"

    @classmethod
    def read(cls, reader: Reader) -> ServiceConfig:
        """Read them; call `reader.done()` afterwards."""
        return cls(
            kafka=reader.text("KITH_KAFKA"),
            mongodb_uri=reader.secret("KITH_MONGODB_URI"),
            database_prefix=reader.text("KITH_DATABASE_PREFIX", "kith"),
            topic_prefix=reader.text("KITH_TOPIC_PREFIX", ""),
            grpc_listen=reader.address("KITH_GRPC_LISTEN"),
            http_listen=reader.address("KITH_HTTP_LISTEN"),
            identity=reader.address("KITH_IDENTITY"),
            service_key=reader.read("KITH_SERVICE_KEY_FILE", private_key),
            service_keys=reader.read("KITH_SERVICE_KEYS_FILE", Trust.of),
            log_level=reader.read("KITH_LOG_LEVEL", _log_level, "info"),
            traces=reader.read("KITH_TRACES", _traces, "off"),
            trace_ratio=reader.read("KITH_TRACE_RATIO", _ratio, 1.0),
            called=reader.text("KITH_INSTANCE", ""),
        )


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _log_level(text: str) -> str:
    if text.lower() not in {"debug", "info", "warning", "error", "critical"}:
        raise ValueError("must be debug, info, warning, error or critical")
    return text.lower()


def _ratio(text: str) -> float:
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0.0 <= ratio <= 1.0:
        raise ValueError("must be a number from 0 to 1")
    return ratio


def _traces(text: str) -> str:
    if text not in {"off", "console", "otlp"} and not text.partition("file:")[2]:
        raise ValueError("must be off, console, file:PATH or otlp")
    return text
