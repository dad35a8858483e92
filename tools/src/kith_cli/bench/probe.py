"""Reading what processes used: CPU and memory of each, by name, from the system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kith_cli.local.supervisor import Supervisor

_TICK = os.sysconf("SC_CLK_TCK")
SERVERS = frozenset({"kafka", "mongodb"})


def cpu_seconds(supervisor: Supervisor) -> dict[str, float]:
    """User and system time of every process so far."""
    return {process.name: _cpu(process.pid) for process in supervisor.processes() if process.pid}


def resident_mb(supervisor: Supervisor) -> dict[str, float]:
    """Resident memory of every process, in MB (10^6 bytes)."""
    page = os.sysconf("SC_PAGE_SIZE")
    return {
        process.name: int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * page / 1e6
        for process in supervisor.processes()
        if process.pid
    }


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Seconds that each process used between two readings."""
    return {name: after[name] - before.get(name, 0.0) for name in after}


def of_kith(used: Mapping[str, float]) -> dict[str, float]:
    """What Kith's own processes used, without broker and database."""
    return {name: amount for name, amount in used.items() if name not in SERVERS}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
