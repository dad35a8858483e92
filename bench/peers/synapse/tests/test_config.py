"""Synapse is configured to be reached from this machine alone, and to refuse nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bench.peers.synapse import config


def written(folder: Path, store: config.Store | None = None) -> dict[str, Any]:
    file = config.write(folder, 8008, "a secret", store or config.sqlite(folder))
    read: dict[str, Any] = yaml.safe_load(file.read_text())
    return read


def limits(of: object) -> list[float]:
    if not isinstance(of, dict):
        return []
    found = [of["per_second"]] if "per_second" in of else []
    return found + [limit for each in of.values() for limit in limits(each)]


def test_it_listens_on_loopback_alone_and_asks_nobody(tmp_path: Path) -> None:
    read = written(tmp_path)
    (listener,) = read["listeners"]
    assert listener["bind_addresses"] == ["127.0.0.1"]
    assert listener["port"] == 8008
    assert read["trusted_key_servers"] == []
    assert read["report_stats"] is False


def test_no_limit_is_in_the_way(tmp_path: Path) -> None:
    read = written(tmp_path)
    all = {name: limits(value) for name, value in read.items() if name.startswith("rc_")}
    assert {"rc_message", "rc_registration", "rc_room_creation", "rc_joins", "rc_invites"} <= set(
        all
    )
    assert all == {name: found for name, found in all.items() if found and min(found) >= 1_000_000}


def test_the_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = config.write(tmp_path, 8008, "a secret", config.sqlite(tmp_path))
    assert file.stat().st_mode & 0o077 == 0


def test_what_it_names_is_there(tmp_path: Path) -> None:
    logging = yaml.safe_load(Path(written(tmp_path)["log_config"]).read_text())
    assert logging["root"]["level"] == "WARNING"


def test_both_stores(tmp_path: Path) -> None:
    assert written(tmp_path)["database"]["args"] == {"database": str(tmp_path / "homeserver.db")}
    store = config.postgresql(tmp_path, 5432, "somebody", 7)
    database = written(tmp_path, store)["database"]
    assert database["name"] == "psycopg2"
    assert database["args"]["host"] == str(tmp_path)
    assert (store.name, store.pid) == ("postgresql", 7)
