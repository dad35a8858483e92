"""The `kith` command: one file per subcommand, and only the one that is called is imported.

To add a command, add `commands/<name>.py` with a function `register(kith: typer.Typer)` that adds
it; a trailing underscore of the file name (`import_.py`) is not part of the command's name.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys

import typer

from kith_cli import commands
from kith_cli.console import complain
from kith_cli.errors import Refused, Stop


def build(arguments: list[str]) -> typer.Typer:
    """The command line with the subcommand the arguments name, or with all when they name none."""
    kith = typer.Typer(
        name="kith",
        help="Kith on one machine, and for its operators.",
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
    )
    kith.callback()(lambda: None)  # keeps `kith NAME` a group also when only one command is loaded
    files = {
        module.name.rstrip("_").replace("_", "-"): module.name
        for module in pkgutil.iter_modules(commands.__path__)
    }
    wanted = arguments[0] if arguments else ""
    for file in [files[wanted]] if wanted in files else files.values():
        importlib.import_module(f"{commands.__name__}.{file}").register(kith)
    return kith


def main() -> None:
    """Run the command line; what stops it is said in one line."""
    for chatty in ("aiokafka", "pymongo"):
        logging.getLogger(chatty).addHandler(logging.NullHandler())
    try:
        build(sys.argv[1:])()
    except Stop as stop:
        complain(str(stop))
        sys.exit(1)
    except Refused as refused:
        complain(f"{refused.detail} ({refused.reason})")
        sys.exit(1)


if __name__ == "__main__":
    main()
