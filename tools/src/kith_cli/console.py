"""One place for how Kith talks on a terminal: progress to stderr, results to stdout."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)


def say(text: str) -> None:
    """One line of progress that stays on the screen."""
    err.print(text, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """What went wrong, as plain text: it may hold log lines, which are not markup."""
    err.print(f"kith: {text}", style="red", highlight=False, markup=False, soft_wrap=True)
