"""CPU time of processes and of all their children, as the system reckons it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_STATE = 2  # in /proc/PID/stat, where the pid is the first field
_TIMES = slice(13, 17)  # user, system, and both of children that were waited for


def seconds(pids: Iterable[int], proc: Path = Path("/proc")) -> float:
    """User and system time so far of these processes, their descendants, and those of them that
    have ended."""
    parents, used = _all(proc)
    children = defaultdict(list)
    for pid, parent in parents.items():
        children[parent].append(pid)
    waiting, ticks = list(pids), 0
    while waiting:
        pid = waiting.pop()
        ticks += used.get(pid, 0)
        waiting.extend(children[pid])
    return ticks / _TICK


def _all(proc: Path) -> tuple[dict[int, int], dict[int, int]]:
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for file in proc.glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:
            continue  # it has just ended
        pid = int(file.parent.name)
        # its name may hold anything, a bracket or a space too
        fields = ["", "", *text.rpartition(")")[2].split()]
        parents[pid] = int(fields[_STATE + 1])
        used[pid] = sum(map(int, fields[_TIMES]))
    return parents, used
