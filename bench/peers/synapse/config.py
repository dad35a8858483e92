"""The configuration that Synapse is measured with: one process on loopback, all its limits off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kith_cli.local.ports import LOOPBACK

SERVER_NAME = "bench.local"
_ANY = {"per_second": 1_000_000, "burst_count": 1_000_000}
_LIMITS: Mapping[str, Any] = {
    "rc_message": _ANY, "rc_registration": _ANY, "rc_room_creation": _ANY,
    "rc_joins_per_room": _ANY, "rc_presence": {"per_user": _ANY},
    "rc_login": {"address": _ANY, "account": _ANY, "failed_attempts": _ANY},
    "rc_joins": {"local": _ANY, "remote": _ANY},
    "rc_invites": {"per_room": _ANY, "per_user": _ANY, "per_issuer": _ANY},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Store:
    """Where Synapse keeps its data: what its own configuration says of it."""

    name: str  # in figures
    database: Mapping[str, Any]
    pid: int | None = None  # of the process that serves it, where there is one


def sqlite(folder: Path) -> Store:
    """A file, as Synapse has it without further ado."""
    return Store("sqlite", {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}})


def postgresql(sockets: Path, port: int, user: str, pid: int) -> Store:
    """A server that listens in a folder; the pool is as large as Synapse's manual proposes."""
    args = {
        "host": str(sockets), "port": port, "user": user, "dbname": "synapse",
        "cp_min": 5, "cp_max": 10,
    }  # fmt: skip
    return Store("postgresql", {"name": "psycopg2", "args": args}, pid)


def write(folder: Path, port: int, secret: str, store: Store) -> Path:
    """Write homeserver.yaml and what it names into `folder`; the path of the former.

    Whoever knows `secret` may register accounts.
    """
    log = folder / "log.yaml"
    log.write_text(yaml.safe_dump(_LOGGING))
    file = folder / "homeserver.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(_homeserver(folder, port, secret, store, log)))
    return file


def _homeserver(folder: Path, port: int, secret: str, store: Store, log: Path) -> dict[str, Any]:
    listener = {
        "port": port, "type": "http", "tls": False, "bind_addresses": [LOOPBACK],
        "resources": [{"names": ["client"], "compress": False}],
    }  # fmt: skip
    return {
        "server_name": SERVER_NAME,
        "listeners": [listener],
        "database": dict(store.database),
        "log_config": str(log),
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "homeserver.pid"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": secret,
        "macaroon_secret_key": secret,
        "form_secret": secret,
        "trusted_key_servers": [],  # it asks nobody else
        "federation_domain_whitelist": [],
        "report_stats": False,
        **_LIMITS,
    }


_LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}
