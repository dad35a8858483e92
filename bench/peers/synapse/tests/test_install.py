"""Synapse is installed once, and why it cannot be is said by the installer."""

from __future__ import annotations

from pathlib import Path

import pytest
from kith_cli.errors import Stop

from bench.peers.synapse.install import REQUIREMENTS, installed


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("first")
    return file


def installer(folder: Path, script: str) -> Path:
    """What stands for uv: `$calls` is a file to note calls in."""
    file = folder / "uv"
    file.write_text(f"#!/bin/sh\ncalls={folder}/calls\n{script}\n")
    file.chmod(0o700)
    return file


WORKS = """
echo "$@" >> $calls
for last; do :; done
[ $1 = pip ] || install -D /dev/null $last/bin/python
"""


def test_again_only_for_other_requirements(tmp_path: Path, requirements: Path) -> None:
    uv, folder = installer(tmp_path, WORKS), tmp_path / "peers"
    python = installed(folder, requirements, uv)
    assert python == folder / "venv" / "bin" / "python"
    assert installed(folder, requirements, uv) == python
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["venv", "pip"]
    assert "--require-hashes" in calls[1]
    requirements.write_text("second")
    installed(folder, requirements, uv)
    assert len((tmp_path / "calls").read_text().splitlines()) == 4


def test_what_the_installer_says_is_told_and_it_is_tried_anew(
    tmp_path: Path, requirements: Path
) -> None:
    fails = installer(tmp_path, '[ $1 = venv ] || { echo "no such index" >&2; exit 2; }')
    with pytest.raises(Stop, match="no such index"):
        installed(tmp_path / "peers", requirements, fails)
    installed(tmp_path / "peers", requirements, installer(tmp_path, WORKS))
    assert "pip" in (tmp_path / "calls").read_text()


def test_without_an_installer(tmp_path: Path, requirements: Path) -> None:
    with pytest.raises(Stop, match="make setup"):
        installed(tmp_path / "peers", requirements, tmp_path / "none")


def test_every_file_has_a_hash_and_no_address() -> None:
    text = REQUIREMENTS.read_text()
    pins = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert any(pin.startswith("matrix-synapse==") for pin in pins)
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert "://" not in text
