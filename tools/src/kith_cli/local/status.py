"""`kith status` and `kith down`: how a running Kith is, and how to stop it from elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from kith_cli.errors import Stop
from kith_cli.local import programs, supervision
from kith_cli.local.probes import http_ready, kafka_ready, mongo_ready
from kith_cli.local.supervisor import Process, Supervisor, SupervisorGone
from kith_cli.settings import Settings

STOP_SECONDS = 90.0
POLL_SECONDS = 0.1
COLOURS = {"RUNNING": "green", "STARTING": "yellow", "BACKOFF": "yellow", "FATAL": "red"}


@dataclass(frozen=True, slots=True)
class Row:
    """One process as a person wants to see it."""

    process: Process
    ready: bool
    memory: int | None


def look(settings: Settings) -> list[Row]:
    """Every process of a running Kith. Raises Stop when none runs."""
    supervisor = _running(settings)
    try:
        processes = supervisor.processes()
    except SupervisorGone:
        raise Stop("Kith is just ending.") from None
    return [
        Row(process, process.running and is_ready(process.name, settings), memory(process.pid))
        for process in processes
    ]


def is_ready(name: str, settings: Settings) -> bool:
    """Whether the process answers what its clients would ask."""
    if name == programs.BROKER:
        return kafka_ready(settings.kafka)
    if name == programs.DATABASE:
        return mongo_ready(programs.mongodb_uri(settings))
    return http_ready(settings.http(name))


def memory(pid: int) -> int | None:
    """Resident bytes, where the system tells."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def table(rows: Sequence[Row]) -> Table:
    """The rows as a table for a terminal."""
    grid = Table(box=None, pad_edge=False)
    for heading in ("process", "state", "pid", "uptime", "ready", "memory"):
        grid.add_column(heading, justify="right" if heading in {"pid", "memory"} else "left")
    for row in rows:
        process = row.process
        colour = COLOURS.get(process.state, "dim")
        grid.add_row(
            process.name,
            f"[{colour}]{process.state.lower()}[/{colour}]",
            str(process.pid or "–"),
            duration(process.uptime),
            "[green]yes[/green]" if row.ready else "[red]no[/red]",
            "–" if row.memory is None else f"{row.memory / 2**20:.0f} MB",
        )
    return grid


def duration(seconds: int) -> str:
    """`1 h 02 min`, in the two largest units that matter."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def down(settings: Settings) -> None:
    """Stop a running Kith and return when it is gone. Raises Stop when none runs."""
    supervisor = _running(settings)
    supervisor.shutdown()
    deadline = time.monotonic() + STOP_SECONDS
    while (settings.run / "supervisord.pid").exists():
        if time.monotonic() > deadline:
            raise Stop(f"Kith did not stop within {STOP_SECONDS:.0f} s.")
        time.sleep(POLL_SECONDS)


def _running(settings: Settings) -> Supervisor:
    supervisor = Supervisor(supervision.socket_path(settings.run))
    if not supervisor.answers():
        raise Stop(f"No Kith runs from {settings.home}; start one with `kith up`.")
    return supervisor
