"""supervisord reads back exactly what it was told, and its socket fits."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kith_cli.local.programs import Program, services
from kith_cli.local.secrets import ensure_secrets
from kith_cli.local.supervision import (
    LONGEST_SOCKET_NAME,
    environment_value,
    render,
    socket_path,
)
from kith_cli.settings import Settings
from supervisor.datatypes import dict_of_key_value_pairs

VALUES = st.text(st.characters(codec="ascii", exclude_categories=["C"], exclude_characters="\"'"))
NAMES = st.from_regex(r"[A-Z][A-Z_]{0,12}", fullmatch=True)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_variables_arrive_as_they_were_given(variables: dict[str, str]) -> None:
    assert dict_of_key_value_pairs(environment_value(variables)) == variables


@pytest.mark.parametrize("value", ['a"b', "a\nb"])
def test_what_cannot_be_said_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="NAME"):
        environment_value({"NAME": value})


def test_the_socket_name_fits_however_deep_the_home_lies() -> None:
    near, far = Path("/a/run"), Path("/a" * 100)
    assert socket_path(near) == near / "supervisor.sock"
    assert len(str(socket_path(far))) <= LONGEST_SOCKET_NAME
    assert socket_path(far) != socket_path(far / "b")


def test_nothing_starts_by_itself_and_everything_comes_back(tmp_path: Path) -> None:
    program = Program("x", ["run", "a b", "100%"], {"KITH_URI": "mongodb://h/?a=1&b=2"})
    parsed = configparser.RawConfigParser()
    parsed.read_string(render(tmp_path, tmp_path, [program], [Program("y", ["y"])]))
    section = parsed["program:x"]
    assert section["command"] == "run 'a b' 100%%"
    assert section["environment"] == 'KITH_URI="mongodb://h/?a=1&b=2"'
    assert (section["autostart"], section["autorestart"]) == ("false", "true")
    assert int(section["priority"]) < int(parsed["program:y"]["priority"])
    assert parsed["group:services"]["programs"] == "y"


def test_only_identity_is_told_the_secrets(tmp_path: Path) -> None:
    secrets = ensure_secrets(tmp_path)
    told = {p.name: p.environment for p in services(Settings(tmp_path), secrets)}
    knowing = {
        name for name, variables in told.items() if secrets.operator_password in variables.values()
    }
    assert knowing == {"identity"}
    assert told["signals"]["KITH_IDENTITY"] == told["identity"]["KITH_GRPC_LISTEN"]
