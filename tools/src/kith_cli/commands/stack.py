"""`kith stack -- CMD…`: a command beside a broker and a database that live only as long as it."""

from __future__ import annotations

from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command."""
    kith.command(context_settings={"ignore_unknown_options": True})(stack)


def stack(
    command: Annotated[list[str], typer.Argument(help="the command, after `--`")],
    databases: Annotated[int, typer.Option(min=1, help="how many, each a server of its own")] = 1,
) -> None:
    """Run a command with a broker and a database of its own, then remove them.

    Sets KITH_TEST_KAFKA and KITH_TEST_MONGODB_URI for the command (of several databases all,
    with spaces between); returns its exit code.
    """
    from kith_cli.local.stack import run_beside

    raise typer.Exit(run_beside(command, databases))
