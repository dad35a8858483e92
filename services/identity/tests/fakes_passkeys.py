"""Answered challenges in memory, held to the contract of the database (test_passkeys_kept.py)."""

from __future__ import annotations

from datetime import datetime


class FakeAnswered:
    """Implements ports_passkeys.Answered; forgets nothing."""

    def __init__(self) -> None:
        self._names: set[bytes] = set()

    async def take(self, name: bytes, until: datetime) -> bool:
        taken = name in self._names
        self._names.add(name)
        return not taken
