"""Secrets are private from the start and stay the same."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from kith_cli.local.secrets import FIRST_KEY, ensure_secrets


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path / "secrets")
    assert mode(tmp_path / "secrets") == 0o700
    assert mode(made.signing_keys) == 0o700
    assert mode(made.signing_keys / FIRST_KEY) == mode(made.operator_password_file) == 0o600
    assert mode(made.identity_key_file) == 0o600


def test_the_key_is_an_ed25519_private_key(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path)
    key = load_pem_private_key((made.signing_keys / FIRST_KEY).read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)


def test_a_second_start_keeps_them(tmp_path: Path) -> None:
    first = ensure_secrets(tmp_path)
    before = (first.signing_keys / FIRST_KEY).read_bytes(), first.operator_password
    key = first.identity_key
    assert len(base64.b64decode(key)) == 32
    second = ensure_secrets(tmp_path)
    assert ((second.signing_keys / FIRST_KEY).read_bytes(), second.operator_password) == before
    assert second.identity_key == key


def test_two_homes_have_different_passwords(tmp_path: Path) -> None:
    one, other = ensure_secrets(tmp_path / "one"), ensure_secrets(tmp_path / "other")
    assert one.operator_password != other.operator_password


def test_the_single_key_of_an_earlier_home_becomes_the_first(tmp_path: Path) -> None:
    (tmp_path / "signing_key.pem").write_bytes(b"the key")
    made = ensure_secrets(tmp_path)
    assert (made.signing_keys / FIRST_KEY).read_bytes() == b"the key"
    assert not (tmp_path / "signing_key.pem").exists()
