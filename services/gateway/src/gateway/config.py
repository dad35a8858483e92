"""The gateway's settings; nothing else in the service sees the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address, ip_network

from common.config import Address, Reader, ServiceConfig

from gateway.application.connections import Most
from gateway.application.limits import Rate, Rates

USUAL_RATES = Rates()
USUAL_CONNECTIONS = Most()
NOWHERE = Address("", 0)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Outside:
    """What the door knows of the world it opens to.

    `proxies` are the networks whose X-Forwarded-For is believed, `origins` the web apps that may
    ask from a browser, `behind_tls` whether everybody comes by TLS.
    """

    rates: Rates = USUAL_RATES
    connections: Most = USUAL_CONNECTIONS
    proxies: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    behind_tls: bool = False

    def within(self, descriptors: int) -> Outside:
        """With as many connections at most as so many files of the process leave room for."""
        return replace(self, connections=self.connections.within(descriptors))

    def is_proxy(self, address: str) -> bool:
        """Whether this is one of the proxies."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in ip_network(network) for network in self.proxies)

    @classmethod
    def read(cls, reader: Reader) -> Outside:
        """Read the settings; call `reader.done()` afterwards."""
        usual = USUAL_RATES
        return cls(
            rates=Rates(
                address=reader.read("KITH_LIMIT_ADDRESS", Rate.parse, usual.address),
                sign_in=reader.read("KITH_LIMIT_SIGN_IN", Rate.parse, usual.sign_in),
                reads=reader.read("KITH_LIMIT_READS", Rate.parse, usual.reads),
                writes=reader.read("KITH_LIMIT_WRITES", Rate.parse, usual.writes),
                walks=reader.read("KITH_LIMIT_WALKS", Rate.parse, usual.walks),
            ),
            connections=reader.read("KITH_LIMIT_CONNECTIONS", Most.parse, USUAL_CONNECTIONS),
            proxies=reader.read("KITH_TRUSTED_PROXIES", _networks, ()),
            origins=reader.read("KITH_CORS_ORIGINS", _origins, frozenset()),
            behind_tls=reader.read("KITH_BEHIND_TLS", _truth, False),
        )


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the service: the usual ones, and where the services behind the doors are."""

    service: ServiceConfig
    community: Address
    messaging: Address
    programs: Address
    outcomes: Address
    signals: Address
    outside: Outside
    instances: tuple[Address, ...]  # of messaging: each, or names for the addresses of several
    inside: Address = NOWHERE  # where health and metrics are also told, whoever fills the door

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Config:
        """Read the settings. Raises ConfigError listing everything missing or wrong."""
        reader = Reader(environment)
        messaging = reader.address("KITH_MESSAGING")
        config = cls(
            service=ServiceConfig.read(reader),
            community=reader.address("KITH_COMMUNITY"),
            messaging=messaging,
            instances=reader.read("KITH_MESSAGING_INSTANCES", _addresses, (messaging,)),
            programs=reader.address("KITH_PROGRAMS"),
            outcomes=reader.address("KITH_OUTCOMES"),
            signals=reader.address("KITH_SIGNALS"),
            outside=Outside.read(reader),
            inside=reader.read("KITH_HEALTH_LISTEN", Address.parse, NOWHERE),
        )
        reader.done()
        return config


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(Address.parse(one.strip()) for one in text.split(","))


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one.strip())) for one in text.split(","))
    except ValueError:
        raise ValueError("must be addresses or networks, as in 10.0.0.0/8,::1") from None


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(one.strip() for one in text.split(","))
    if not all(_ORIGIN.fullmatch(one) for one in origins):
        raise ValueError("must be origins, as in https://app.example,http://localhost:3000")
    return origins


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("must be true or false")
    return text == "true"
