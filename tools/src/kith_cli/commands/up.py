"""`kith up`: run all of Kith on this machine."""

from __future__ import annotations

from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command()(up)


def up(
    only: Annotated[
        str | None, typer.Option(help="services to run, by comma; all by default", hidden=True)
    ] = None,
) -> None:
    """Run all of Kith on this machine: broker, database and services; Ctrl-C stops it.

    KITH_HOME (.kith) keeps the data, KITH_PORT (8080) is the gateway's port and the others follow,
    KITH_LOG_LEVEL (info) is how much the services say.
    """
    from kith_cli.errors import Stop
    from kith_cli.local import programs
    from kith_cli.local import up as local
    from kith_cli.settings import Settings, environment

    wanted = programs.SERVICES if only is None else tuple(filter(None, only.split(",")))
    unknown = set(wanted) - set(programs.SERVICES)
    if unknown:
        raise Stop(f"There is no service {', '.join(sorted(unknown))}.")
    local.up(Settings.from_env(environment()), wanted)
