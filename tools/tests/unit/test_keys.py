"""Rotating keys: the next one first, the last one only when no token of it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kith_cli.local.keys import KEPT, LEAD, rotate
from kith_cli.local.secrets import FIRST_KEY, ensure_secrets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_key_is_added_ahead_of_time_and_retired_after_its_tokens(tmp_path: Path) -> None:
    folder = ensure_secrets(tmp_path).signing_keys
    added, retired = rotate(folder, NOW)
    assert (added.name, retired) == ("20260301T120500Z.pem", [])
    assert added.stat().st_mode & 0o777 == 0o600
    assert names(folder) == [FIRST_KEY, added.name]

    second, retired = rotate(folder, NOW + LEAD + KEPT - timedelta(seconds=1))
    assert retired == []
    _, retired = rotate(folder, NOW + LEAD + KEPT + timedelta(seconds=1))
    assert [path.name for path in retired] == [FIRST_KEY]
    assert {added.name, second.name} < set(names(folder))


def test_rotating_twice_in_a_second_is_rotating_once(tmp_path: Path) -> None:
    folder = ensure_secrets(tmp_path).signing_keys
    one, _ = rotate(folder, NOW)
    content = one.read_bytes()
    assert rotate(folder, NOW)[0] == one
    assert one.read_bytes() == content
