"""`kith consent verify`: whether a receipt of a decision is genuine, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="What members agreed to.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(verify)
    kith.add_typer(group, name="consent")


def verify(
    file: Annotated[Path, typer.Argument(help="a receipt as the member downloaded it")],
    texts: Annotated[
        Path | None,
        typer.Option(help="what GET /v1/consent-texts answered; the Kith that runs here is asked"),
    ] = None,
) -> None:
    """Verify the signature of a receipt, and find the text it is about; exit code 1 when wrong."""
    from kith_cli.receipts import judged, texts_of_this_kith
    from kith_cli.settings import Settings, environment

    known = texts.read_bytes() if texts else texts_of_this_kith(Settings.from_env(environment()))
    typer.echo(judged(file.read_bytes(), known))
