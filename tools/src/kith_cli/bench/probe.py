"""Reading what processes used: CPU and memory of each, by name, from the system."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

from kith_cli.local.supervisor import Supervisor

_TICK = os.sysconf("SC_CLK_TCK")
_LATE = re.compile(r'kith_loop_late_seconds_bucket\{le="([^"]+)"\} (\S+)')
_HELD = re.compile(r'kith_loop_held_seconds_bucket\{le="([^"]+)"\} (\S+)')
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


def loop_late(address: str) -> dict[float, float]:
    """How often the event loop of a process was late so far, by how many seconds at most.

    `address` is where its metrics are. Raises OSError.
    """
    return _histogram(address, _LATE)


def loop_held(address: str) -> dict[float, float]:
    """The same of the part of it that the loop's own thread was computing. Raises OSError."""
    return _histogram(address, _HELD)


def _histogram(address: str, name: re.Pattern[str]) -> dict[float, float]:
    with urlopen(f"http://{address}/metrics", timeout=5) as answer:  # loopback
        found = name.findall(answer.read().decode())
    return {float(at_most): float(count) for at_most, count in found}


def worst_late(before: Mapping[float, float], after: Mapping[float, float]) -> float:
    """Seconds that were not exceeded between two readings of `loop_late` or `loop_held`."""
    grown = {at_most: after[at_most] - before.get(at_most, 0.0) for at_most in after}
    return min((at_most for at_most, count in grown.items() if count == grown[math.inf]))


def late_per_mille(
    before: Mapping[float, float], after: Mapping[float, float], seconds: float
) -> float:
    """Of a thousand looks between two readings of `loop_late`, how many were later than `seconds`,
    which has to be one of its bounds."""
    looks = after[math.inf] - before.get(math.inf, 0.0)
    in_time = after[seconds] - before.get(seconds, 0.0)
    return 1000 * (looks - in_time) / looks if looks else 0.0


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Seconds that each process used between two readings."""
    return {name: after[name] - before.get(name, 0.0) for name in after}


def of_kith(used: Mapping[str, float]) -> dict[str, float]:
    """What Kith's own processes used, without broker and database."""
    return {name: amount for name, amount in used.items() if name not in SERVERS}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
