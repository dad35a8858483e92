"""Rotates the keys that sign access tokens, while a local Kith runs or stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kith_cli.local.secrets import new_signing_key, write_private

NAME_FORMAT = "%Y%m%dT%H%M%SZ"
LEAD = timedelta(minutes=5)
"""Time for every process to read the new key before it signs."""
KEPT = timedelta(hours=1)
"""Much longer than the ten minutes that a token lives."""


def rotate(folder: Path, now: datetime) -> tuple[Path, list[Path]]:
    """Add a key that signs soon, remove those that have not signed for long; what was done."""
    begins = {path: _begin(path) for path in sorted(folder.glob("*.pem"))}
    retired = [
        path
        for path, successor in zip(begins, list(begins)[1:], strict=False)
        if begins[successor] <= now - KEPT
    ]
    added = folder / f"{(now + LEAD).strftime(NAME_FORMAT)}.pem"
    if not added.exists():
        write_private(added, new_signing_key())
    for path in retired:
        path.unlink()
    return added, retired


def _begin(path: Path) -> datetime:
    return datetime.strptime(path.stem, NAME_FORMAT).replace(tzinfo=UTC)
