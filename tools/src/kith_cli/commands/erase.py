"""`kith erase verify`: what is left of a member, place by place."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Members who left.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(verify)
    kith.add_typer(group, name="erase")


def verify(
    member: Annotated[UUID, typer.Argument(help="the id she had")],
    email: Annotated[str, typer.Option(help="her e-mail address, to look for too")] = "",
    handle: Annotated[str, typer.Option(help="her handle, to look for too")] = "",
) -> None:
    """Scan every collection and topic for a member; exit code 1 unless she is provably gone.

    Reads databases and log directly, so it is for operators; nothing is changed.
    """
    from kith_cli.erasing import verify as looking
    from kith_cli.erasing.marks import Wanted
    from kith_cli.settings import Settings, environment

    settings = Settings.from_env(environment())
    report = looking.verify(settings, settings.kafka, Wanted(member, email, handle))
    looking.show(report)
    raise typer.Exit(0 if report.is_proof else 1)
