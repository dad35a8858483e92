"""`kith status`: how the processes of a running Kith are."""

from __future__ import annotations

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command()(status)


def status() -> None:
    """Show every process of the running Kith; exit code 1 when one is not ready."""
    from kith_cli.console import out
    from kith_cli.local.status import look, table
    from kith_cli.settings import Settings, environment

    rows = look(Settings.from_env(environment()))
    out.print(table(rows))
    raise typer.Exit(0 if all(row.ready for row in rows) else 1)
