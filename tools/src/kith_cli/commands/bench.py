"""`kith bench`: measure this Kith; one JSON line per figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command()(bench)


def bench(
    file: Annotated[Path, typer.Option(help="history to import")] = Path(
        "tests/integration/data/CollegeMsg.txt.gz"
    ),
    rows: Annotated[int, typer.Option(min=1000, help="how many rows of it")] = 10_000,
    history: Annotated[
        int, typer.Option(min=0, help="messages of the long conversation; 0: not measured")
    ] = 100_000,
) -> None:
    """Start a Kith of its own in a temporary folder, load it, print figures as JSON lines.

    Takes about ten minutes; a history of a million messages half an hour more. Uses KITH_PORT and
    the ports after it.
    """
    from kith_cli.bench.run import bench as run

    run(file, rows, history)
