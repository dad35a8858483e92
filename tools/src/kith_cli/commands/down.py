"""`kith down`: stop a running Kith from another terminal."""

from __future__ import annotations

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command()(down)


def down() -> None:
    """Stop the running Kith: services first, then database and broker. The data stay."""
    from kith_cli.local import status
    from kith_cli.settings import Settings, environment

    status.down(Settings.from_env(environment()))
