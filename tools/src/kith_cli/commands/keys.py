"""`kith keys`: give a local Kith new keys to sign access tokens with, and to seal messages with."""

from __future__ import annotations

from typing import Annotated

import typer


def register(kith: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(
        help="The keys that sign access tokens and seal messages.", no_args_is_help=True
    )
    keys.command()(rotate)
    keys.command()(rotate_messages)
    keys.command()(messages)
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


def rotate_messages() -> None:
    """Add a master key that wraps the keys of conversations in five minutes; nothing restarts.

    The service wraps all keys anew by itself, beside its work; `kith keys messages` says how far it
    is and removes old master keys when they are needed no more.
    """
    from common.clock import SystemClock

    from kith_cli.console import out
    from kith_cli.local.message_keys import add
    from kith_cli.local.secrets import ensure_secrets
    from kith_cli.settings import Settings, environment

    folder = ensure_secrets(Settings.from_env(environment()).secrets).message_keys
    added = add(folder, SystemClock().now())
    out.print(f"{added.name} wraps from its time on; `kith keys messages` says how far it is")


def messages(
    retire: Annotated[
        bool, typer.Option("--retire", help="remove the master keys that are needed no more")
    ] = False,
) -> None:
    """Say how many conversations need which master key, and what is still to be done.

    Exit code 0 means that all is wrapped with the newest key and every word is sealed, 1 that the
    service has something to do yet, or that a key is missing. A backup needs the keys of its time.
    """
    from common.clock import SystemClock

    from kith_cli.local import message_keys
    from kith_cli.local.programs import mongodb_uri
    from kith_cli.local.secrets import ensure_secrets
    from kith_cli.settings import Settings, environment

    settings = Settings.from_env(environment())
    folder = ensure_secrets(settings.secrets).message_keys
    used = message_keys.look(mongodb_uri(settings), f"{settings.database_prefix}_messaging")
    status = message_keys.Status.of(folder, used, SystemClock().now())
    message_keys.show(status)
    if retire:
        message_keys.retire(status)
    if not status.is_done:
        raise typer.Exit(1)
