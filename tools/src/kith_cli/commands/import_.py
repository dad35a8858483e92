"""`kith import messages FILE`: bring a history of private messages into a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Bring in what a community has elsewhere.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(messages)
    kith.add_typer(group, name="import")


def messages(
    file: Annotated[Path, typer.Argument(help="lines `src dst time`, plain or .gz, with a header")],
    network: Annotated[
        str, typer.Option(help="network to import into; created if it is not there")
    ] = "imported",
    source: Annotated[
        str | None, typer.Option(help="name of the source; the file's name by default")
    ] = None,
    signals_consent: Annotated[
        bool, typer.Option(help="the source recorded that its members agree to signals")
    ] = True,
) -> None:
    """Import private messages with their original times; importing again changes nothing.

    The file has no text, so a neutral one is made up for each row. A bad row ends the import with
    its number; the rows before it are kept, and the same command goes on from there.
    """
    from kith_cli.importing.command import import_messages
    from kith_cli.settings import Settings, environment

    settings = Settings.from_env(environment())
    import_messages(settings, file, network, source, consent=signals_consent)
