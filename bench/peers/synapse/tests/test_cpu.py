"""A server's CPU time is that of all its processes, of those that have ended too."""

from __future__ import annotations

import os
from pathlib import Path

from bench.peers.synapse import cpu

TICK = os.sysconf("SC_CLK_TCK")


def process(proc: Path, pid: int, parent: int, *times: int, name: str = "a name") -> None:
    folder = proc / str(pid)
    folder.mkdir()
    numbers = " ".join(map(str, (parent, 1, 1, 0, -1, 0, 0, 0, 0, 0, *times, 20, 0)))
    (folder / "stat").write_text(f"{pid} ({name}) S {numbers}")


def test_children_and_theirs_are_counted_and_nobody_else(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, 1, 2, 3, 4, name="postgres: x) S 1 (")
    process(tmp_path, 11, 10, 10, 0, 0, 0)
    process(tmp_path, 12, 11, 0, 20, 0, 0)
    process(tmp_path, 20, 1, 1000, 0, 0, 0)
    assert cpu.seconds([10], tmp_path) == 40 / TICK
    assert cpu.seconds([10, 20], tmp_path) == 1040 / TICK


def test_a_process_that_is_not_there_used_nothing(tmp_path: Path) -> None:
    assert cpu.seconds([10], tmp_path) == 0


def test_this_process_as_the_system_reckons_it() -> None:
    mine = os.times()
    assert cpu.seconds([os.getpid()]) >= mine.user + mine.system - 2 / TICK
