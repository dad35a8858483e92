"""`kith retention`: how long each kind of data is kept, and whether that is so."""

from __future__ import annotations

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command()(retention)


def retention() -> None:
    """List the rules of every service and topic; exit code 1 if something is kept too long.

    Reads databases and log directly, so it is for operators; nothing is changed.
    """
    from common.clock import SystemClock

    from kith_cli.retaining.report import look, show
    from kith_cli.settings import Settings, environment

    settings = Settings.from_env(environment())
    found = look(settings, settings.kafka, SystemClock().now())
    show(found)
    raise typer.Exit(1 if any(one.problem for one in found) else 0)
