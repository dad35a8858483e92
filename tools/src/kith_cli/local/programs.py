"""The processes of a local Kith: what each is started with."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kith_cli.local import database
from kith_cli.local.installation import Installation
from kith_cli.local.secrets import Secrets
from kith_cli.settings import BACKENDS, Settings

SERVICES = (*BACKENDS, "gateway")
BROKER, DATABASE = "kafka", "mongodb"


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its command line and what it is told through the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def servers(settings: Settings, installation: Installation) -> tuple[Program, ...]:
    """Broker and database; only the broker when KITH_MONGODB_URI names a database elsewhere."""
    properties = installation.write_home(settings.home / BROKER, settings.kafka_ports)
    broker = Program(BROKER, installation.command(properties))
    if settings.external_mongodb_uri is not None:
        return (broker,)
    home = settings.home / DATABASE
    command = database.command(database.choose_server(), home, settings.mongodb_port)
    return broker, Program(DATABASE, command)


def services(
    settings: Settings, secrets: Secrets, wanted: Sequence[str] = SERVICES
) -> tuple[Program, ...]:
    """The wanted services, each in one process."""
    return tuple(
        Program(name, (sys.executable, "-m", name, "run"), variables(name, settings, secrets))
        for name in wanted
    )


def variables(service: str, settings: Settings, secrets: Secrets) -> dict[str, str]:
    """The environment of one service, as docs/plan.md lists it."""
    told = {
        "KITH_KAFKA": settings.kafka,
        "KITH_MONGODB_URI": mongodb_uri(settings),
        "KITH_DATABASE_PREFIX": settings.database_prefix,
        "KITH_TOPIC_PREFIX": settings.topic_prefix,
        "KITH_GRPC_LISTEN": settings.grpc(service),
        "KITH_HTTP_LISTEN": settings.http(service),
        "KITH_LOG_LEVEL": settings.log_level,
        "KITH_SERVICE_KEY_FILE": str(secrets.service_key(service)),
        "KITH_SERVICE_KEYS_FILE": str(secrets.service_keys),
    }
    told |= {f"KITH_{name.upper()}": settings.grpc(name) for name in BACKENDS}
    if service in BACKENDS:
        told["KITH_ERASURE_KEY_FILE"] = str(secrets.erasure_key(service))
    if service == "gateway":
        told |= settings.limits
    if service == "messaging":
        told["KITH_MESSAGE_KEYS"] = str(secrets.message_keys)
    if service == "identity":
        told["KITH_ERASURE_KEYS_FILE"] = str(secrets.erasure_keys)
        told["KITH_SIGNING_KEYS"] = str(secrets.signing_keys)
        told["KITH_MAIL"] = "show"
        told["KITH_IDENTITY_KEY"] = secrets.identity_key
        told["KITH_OPERATOR_PASSWORD"] = secrets.operator_password
        told["KITH_PASSKEY_ORIGINS"] = f"http://localhost:{settings.port}"
    return told


def mongodb_uri(settings: Settings) -> str:
    """The database every service uses."""
    return settings.external_mongodb_uri or database.local_uri(settings.mongodb_port)


def ports(settings: Settings, wanted: Sequence[str] = SERVICES) -> dict[str, int]:
    """Every port the local Kith listens on, by what it is for."""
    found = {f"{name} HTTP": _port(settings.http(name)) for name in wanted}
    found |= {f"{name} gRPC": _port(settings.grpc(name)) for name in wanted}
    found |= dict(zip(("Kafka", "Kafka's controller"), settings.kafka_ports, strict=True))
    if settings.external_mongodb_uri is None:
        found["the database"] = settings.mongodb_port
    return found


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
