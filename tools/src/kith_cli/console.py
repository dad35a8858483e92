"""One place that decides how Kith talks on a terminal: progress to stderr, results to stdout."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)


def say(text: str) -> None:
    """One line of progress that stays on the screen."""
    err.print(text, highlight=False)
