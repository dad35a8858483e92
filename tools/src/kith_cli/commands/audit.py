"""`kith audit list|verify`: who looked at whose data, and whether the log is as it was written."""

from __future__ import annotations

from typing import Annotated

import typer

Network = Annotated[
    str | None, typer.Option(help="which network; the one imported or seeded last by default")
]


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Who looked at whose data.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command(name="list")(list_)
    group.command()(verify)
    kith.add_typer(group, name="audit")


def list_(
    network: Network = None,
    count: Annotated[int, typer.Option(min=1, max=200, help="how many entries")] = 20,
) -> None:
    """The newest entries of a network's audit log."""
    from kith_cli.auditing import show_log
    from kith_cli.settings import Settings, environment

    show_log(Settings.from_env(environment()), network, count)


def verify(
    network: Network = None,
    digest: Annotated[
        str, typer.Option(help="a digest you kept: must be that of an entry in the log")
    ] = "",
) -> None:
    """Recompute the chain of a network's audit log; exit code 1 when it is broken."""
    from kith_cli.auditing import verify_log
    from kith_cli.settings import Settings, environment

    verify_log(Settings.from_env(environment()), network, digest)
