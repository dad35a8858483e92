"""The lock of the broker's jars reads back as it was written, and names no address."""

from __future__ import annotations

from pathlib import Path

from kith_cli.local.jars import COORDINATES, Jar, read_lock, render_lock
from kith_cli.paths import JARS_LOCK


def test_a_lock_reads_back_as_written(tmp_path: Path) -> None:
    jars = (Jar("g.h", "a_2.13", "1.0", "ab" * 32), Jar("g", "b", "2", "cd" * 32))
    path = tmp_path / "lock"
    path.write_text(render_lock(jars))
    assert read_lock(path) == jars


def test_the_committed_lock_holds_what_is_asked_for() -> None:
    locked = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in read_lock()}
    assert set(COORDINATES) <= locked


def test_the_committed_lock_is_complete_and_names_no_address() -> None:
    assert all(len(jar.sha256) == 64 for jar in read_lock())
    assert "://" not in JARS_LOCK.read_text()
