"""Ports and folders follow from a handful of variables, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from kith_cli.errors import Stop
from kith_cli.local.programs import SERVICES, ports, variables
from kith_cli.local.secrets import ensure_secrets
from kith_cli.settings import LOCAL_LIMITS, Settings


def test_ports_are_those_of_the_plan() -> None:
    settings = Settings.from_env({"KITH_PORT": "9000"})
    assert settings.gateway_url == "http://127.0.0.1:9000"
    assert settings.grpc("gateway") == "127.0.0.1:9001"
    assert [settings.grpc("identity"), settings.grpc("signals")] == [
        "127.0.0.1:9010",
        "127.0.0.1:9015",
    ]
    assert [settings.http("identity"), settings.http("signals")] == [
        "127.0.0.1:9020",
        "127.0.0.1:9025",
    ]
    assert settings.kafka_ports == (9090, 9091)
    assert settings.mongodb_port == 9092


def test_no_two_things_share_a_port() -> None:
    taken = ports(Settings(Path("home")))
    assert len(set(taken.values())) == len(taken) == 2 * len(SERVICES) + 3


def test_a_database_elsewhere_needs_no_port_here() -> None:
    settings = Settings.from_env({"KITH_MONGODB_URI": "mongodb://elsewhere/"})
    assert "the database" not in ports(settings)


@pytest.mark.parametrize("port", ["", "no", "80", "65500", "-1"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    if port == "":
        assert Settings.from_env({"KITH_PORT": port}).port == 8080
        return
    with pytest.raises(Stop, match="KITH_PORT"):
        Settings.from_env({"KITH_PORT": port})


def test_one_machine_is_limited_less_than_the_gateway_would_and_a_limit_of_yours_wins(
    tmp_path: Path,
) -> None:
    secrets = ensure_secrets(tmp_path)
    told = variables("gateway", Settings.from_env({"KITH_LIMIT_READS": "1/2"}), secrets)
    assert told["KITH_LIMIT_READS"] == "1/2"
    assert told["KITH_LIMIT_SIGN_IN"] == LOCAL_LIMITS["KITH_LIMIT_SIGN_IN"]
    assert not LOCAL_LIMITS.keys() & variables("identity", Settings.from_env({}), secrets).keys()


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(Stop, match="KITH_LOG_LEVEL"):
        Settings.from_env({"KITH_LOG_LEVEL": "loud"})
