"""`kith keys rotate`: give a local Kith a new key to sign access tokens with."""

from __future__ import annotations

import typer


def register(kith: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)
    keys.callback()(lambda: None)  # keeps `keys` a group though it has one command
    keys.command()(rotate)
    kith.add_typer(keys, name="keys")


def rotate() -> None:
    """Add a key that signs in five minutes, and remove those long retired; nothing restarts."""
    from common.clock import SystemClock

    from kith_cli.console import out
    from kith_cli.local.keys import rotate as rotate_keys
    from kith_cli.local.secrets import ensure_secrets
    from kith_cli.settings import Settings, environment

    folder = ensure_secrets(Settings.from_env(environment()).secrets).signing_keys
    added, retired = rotate_keys(folder, SystemClock().now())
    out.print(f"{added.name} signs from its time on; {len(retired)} retired")
