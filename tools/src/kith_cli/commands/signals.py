"""`kith signals top|show`: who is drifting into loneliness, how sure that is, and why."""

from __future__ import annotations

from typing import Annotated

import typer

Network = Annotated[
    str | None, typer.Option(help="which network; the one imported or seeded last by default")
]


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Engagement and loneliness risk.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(top)
    group.command()(show)
    kith.add_typer(group, name="signals")


def top(
    network: Network = None,
    count: Annotated[int, typer.Option(min=1, max=200, help="how many members")] = 20,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="also who was silent for more than 28 days")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="time to estimate for, RFC 3339; the latest activity if not given"),
    ] = None,
) -> None:
    """A table of members by loneliness risk."""
    from kith_cli.reading import show_top
    from kith_cli.settings import Settings, environment

    show_top(Settings.from_env(environment()), network, count, unknown=unknown, as_of=as_of)


def show(
    member: Annotated[str, typer.Argument(help="handle or id")], network: Network = None
) -> None:
    """One member's course over time."""
    from kith_cli.reading import show_member
    from kith_cli.settings import Settings, environment

    show_member(Settings.from_env(environment()), network, member)
