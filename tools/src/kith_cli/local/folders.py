"""Folders that hold secrets, sockets and logs belong to one person."""

from __future__ import annotations

from pathlib import Path

from kith_cli.errors import Stop


def data_folder(folder: Path) -> None:
    """Make a folder a person named; one that is there keeps its rights. Raises Stop."""
    if not folder.is_dir():
        private_folder(folder)


def private_folder(folder: Path) -> None:
    """Make the folder ours alone. Raises Stop when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as failure:
        raise Stop(f"Cannot use the folder {folder}: {failure.strerror}.") from None
